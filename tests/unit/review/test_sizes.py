"""A size against earlier nights: the change, and when it is an alarm."""

from datetime import date, timedelta

import pytest

from personalization.reviewing.sizes import alarm, changes

NIGHT = date(2026, 11, 23)


def nights(*sizes: int) -> dict[date, int]:
    """Sizes of the nights before, the newest last."""
    return {NIGHT - timedelta(days=len(sizes) - number): size for number, size in enumerate(sizes)}


@pytest.mark.parametrize(
    ("size", "earlier", "says"),
    [
        (500, (), ""),  # nothing to compare with
        (200, (100,), "100 more than the night of 2026-11-22 (100)"),
        (199, (100,), ""),
        (50, (100,), "50 fewer than the night of 2026-11-22 (100)"),
        (29, (0,), ""),  # too few to matter
        (30, (0,), "30 more than the night of 2026-11-22 (0)"),
        # the usual is 100, and the median deviation 10: 3.5 / 0.6745 x 10 is 51.9
        (152, (90, 110, 90, 110, 100, 100, 110), "52 more than the usual of 7 nights (100)"),
        (151, (90, 110, 90, 110, 100, 100, 110), ""),
        (48, (90, 110, 90, 110, 100, 100, 110), "52 fewer"),
        (140, (100,) * 28, "40 more than the usual of 28 nights (100)"),  # steady, so that any big change is one
        (124, (100,) * 28, ""),
        (1240, (1000,) * 28, ""),  # less than a quarter
        (100, (100,) * 28, ""),
        (200, (200, *(100,) * 28), "100 more than the usual of 28 nights"),  # what is older does not count
    ],
)
def test_a_jump_is_an_alarm(size: int, earlier: tuple[int, ...], says: str) -> None:
    """An outlier by the modified z-score, a quarter and 30 messages away; with few nights double or half."""
    said = alarm(size, nights(*earlier), night=NIGHT)

    assert (says in said) if says else said == ""


def test_the_size_is_compared_as_far_as_nights_are_kept() -> None:
    """Last night only when it is the night before; a mean only over several nights."""
    assert changes(10, {}, night=NIGHT) == ()
    assert changes(10, {NIGHT - timedelta(days=2): 5}, night=NIGHT) == ()
    found = changes(120, nights(*(50,) * 20, *(100,) * 7), night=NIGHT)

    assert [(change.against, change.size, change.difference) for change in found] == [
        ("last night", "100", "+20 (+20%)"),
        ("the mean of 7 of the last 7 nights", "100", "+20 (+20%)"),
        ("the mean of 27 of the last 28 nights", "63", "+57 (+90%)"),
    ]
    assert changes(80, nights(100), night=NIGHT)[0].difference == "\N{MINUS SIGN}20 (\N{MINUS SIGN}20%)"
    assert [changes(size, nights(0), night=NIGHT)[0].difference for size in (0, 3)] == ["the same", "3 more"]
