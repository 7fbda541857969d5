"""Shows on a terminal what is being done, how long it has taken and how much of it is done; elsewhere nothing.

It is written to stderr, so that what a command prints, such as JSON, stays as it is.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

_EVERY = 0.2  # seconds between two looks at how much is done; our choice
_WHOLE = 100.0  # percent


@dataclass(slots=True, kw_only=True)
class Steps:
    """Steps as they are named, one line each; the last is the one at work.

    fraction tells how much of the work at hand is done, in percent; below 0 or None means that nobody knows.
    """

    bars: Progress
    fraction: Callable[[], float | None] | None = None
    at_work: TaskID | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, step: str) -> None:
        """Begin *step*; the one before is done."""
        words = "".join(sign if sign.isprintable() else " " for sign in step)  # a file's name may hold any sign
        with self.lock:
            self._end()
            self.at_work = self.bars.add_task(words, total=None)

    def look(self) -> None:
        """Show how much of the step at work is done."""
        done = self.fraction() if self.fraction is not None else None
        with self.lock:
            if self.at_work is not None and done is not None and 0 <= done <= _WHOLE:
                self.bars.update(self.at_work, total=_WHOLE, completed=done)

    def end(self) -> None:
        """Mark the last step as done."""
        with self.lock:
            self._end()

    def _end(self) -> None:
        if self.at_work is not None:
            self.bars.update(self.at_work, total=_WHOLE, completed=_WHOLE)


@contextmanager
def shown_steps(console: Console | None = None) -> Iterator[Callable[[str], None]]:
    """Give what is to be told of each step; it is shown where a person looks on, so not in a file or a log."""
    if console is None:
        if not sys.stderr.isatty():
            yield lambda _: None
            return
        console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bars:
        steps, over = Steps(bars=bars), threading.Event()

        def look_on() -> None:
            while not over.wait(_EVERY):
                steps.look()

        looking = threading.Thread(target=look_on, daemon=True)
        looking.start()
        try:
            yield steps
            steps.end()
        finally:
            over.set()
            looking.join()


def watch(on_step: Callable[[str], None], fraction: Callable[[], float | None]) -> None:
    """Let the steps show *fraction* of the work at hand, where they are shown at all."""
    if isinstance(on_step, Steps):
        on_step.fraction = fraction
