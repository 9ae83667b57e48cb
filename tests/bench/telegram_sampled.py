"""Runs a module and notes where its main thread spends CPU time: `... telegram_sampled FILE MODULE [ARGUMENT ...]`.

A timer that runs with CPU time interrupts it a thousand times a second. SIGUSR2 begins anew, SIGUSR1 writes the file:
JSON, a list of seconds and of the frames, innermost first, each `file:function`. A tracing profiler would make calls
look dear; this costs next to nothing.
"""

from __future__ import annotations

import json
import runpy
import signal
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import CodeType, FrameType

EVERY = 0.001
"""CPU seconds between two looks; the kernel may look less often."""
OTHERS = "other threads"
"""In place of frames, for what the main thread did not spend."""


@dataclass(slots=True)
class Sampler:
    """Collects stacks, each weighed by the main thread's CPU time since the last look."""

    file: Path
    stacks: dict[tuple[CodeType, ...], float] = field(default_factory=lambda: defaultdict(float))
    seen: float = 0.0
    began: float = 0.0
    """The whole process's CPU time then."""

    def start(self) -> None:
        """Listen to the signals; looks begin with SIGUSR2."""
        signal.signal(signal.SIGPROF, self._look)
        signal.signal(signal.SIGUSR2, self._begin)
        signal.signal(signal.SIGUSR1, self._write)

    def _begin(self, _: int, __: FrameType | None) -> None:
        self.stacks.clear()
        self.seen, self.began = time.thread_time(), time.process_time()
        signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)

    def _look(self, _: int, frame: FrameType | None) -> None:
        now = time.thread_time()
        stack = []
        while frame is not None:
            stack.append(frame.f_code)
            frame = frame.f_back
        self.stacks[tuple(stack)] += now - self.seen
        self.seen = now

    def _write(self, _: int, __: FrameType | None) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        found = [
            (seconds, [f"{code.co_filename}:{code.co_name}" for code in stack])
            for stack, seconds in self.stacks.items()
        ]
        elsewhere = time.process_time() - self.began - sum(self.stacks.values())
        found.append((max(0.0, elsewhere), [OTHERS]))
        draft = self.file.with_suffix(".draft")
        draft.write_text(json.dumps(found), "utf-8")
        draft.rename(self.file)


if __name__ == "__main__":
    Sampler(Path(sys.argv[1])).start()
    module, sys.argv = sys.argv[2], sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
