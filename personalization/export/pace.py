"""Keeps a destination's rate, in process: one sender a destination needs no more."""

import time
from collections.abc import Callable


def paced(
    per_second: float | None,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Callable[[], None]:
    """Return what to call before each request: it waits until *per_second* allows one more; None never waits."""
    if per_second is None:
        return lambda: None
    due = clock()

    def wait() -> None:
        nonlocal due
        now = clock()
        if due > now:
            sleep(due - now)
        due = max(due, now) + 1 / per_second

    return wait
