"""Runs a measurement by name: `python -m tests.bench matching`."""

from __future__ import annotations

import sys

from tests.bench import matching

BENCHES = {"matching": matching.run}


def main(arguments: list[str]) -> int:
    """Run the measurement named; 2 where there is none of that name."""
    if len(arguments) != 1 or arguments[0] not in BENCHES:
        print(f"usage: python -m tests.bench {'|'.join(BENCHES)}", file=sys.stderr)
        return 2
    BENCHES[arguments[0]]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
