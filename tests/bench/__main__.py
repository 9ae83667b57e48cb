"""Runs a measurement by name: `python -m tests.bench matching`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.bench import claims, matching, misses, rerank, telegram, variants


def main(arguments: list[str]) -> int:
    """Run the measurement named; 2 where there is none of that name."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    benches = parser.add_subparsers(required=True, metavar="NAME")

    bench = benches.add_parser("matching", help=matching.__doc__)
    bench.add_argument("--quick", action="store_true", help="a minute's version: less knowledge, samples, no embedding")
    bench.set_defaults(run=matching.run)

    bench = benches.add_parser("misses", help=misses.__doc__)
    bench.add_argument("files", nargs="+", type=Path, metavar="FILE", help="labelled questions")
    bench.add_argument("--list", action="store_true", dest="list_", help="print the questions too")
    bench.set_defaults(run=misses.run)

    bench = benches.add_parser("variants", help=variants.__doc__)
    bench.add_argument("--seed", type=int, default=7, help="the same seed gives the same variants")
    bench.add_argument("--count", type=int, default=5000, help="how many, half edits and half phrases in frames")
    bench.set_defaults(run=variants.run)

    bench = benches.add_parser("rerank", help=rerank.__doc__)
    bench.set_defaults(run=rerank.run)

    bench = benches.add_parser("telegram", help=telegram.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    bench.add_argument("--seconds", type=float, help="how long each load counts")
    bench.add_argument("--mode", choices=telegram.MODES, default="both")
    bench.add_argument("--quick", action="store_true", help="a minute's version: half a second a load, one start")
    bench.add_argument("--profile", action="store_true", help="where the CPU time goes, instead")
    bench.set_defaults(run=telegram.run)

    bench = benches.add_parser("claims", help=claims.__doc__)
    bench.set_defaults(run=claims.run)

    given = vars(parser.parse_args(arguments))
    given.pop("run")(**given)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
