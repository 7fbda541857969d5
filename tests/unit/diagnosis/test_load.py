"""How many tickets and returns the coming weeks bring: by the age of what is out, by weekday, and as last year did."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from personalization.diagnosis.load import forecast, told
from personalization.settings import Capacity

NIGHT = date(2025, 11, 16)  # a Sunday
AFTER = {2: 0.04, 9: 0.02}  # of a hundred orders four ask on the second day and two on the ninth


def world(seed: int, *, days: int = 450, promotion: bool = False) -> tuple[list[int], list[int], dict[int, int]]:
    """Return orders and tickets by day, the oldest first, and tickets by age over the twelve weeks before the night.

    The last 28 days are yet to come. Few order on Sundays; in a promotion last year's same weeks and this year's bring
    twice as many.
    """
    draws = np.random.default_rng(seed)
    total = days + 28
    orders, tickets, ages = [0] * total, [0] * total, dict.fromkeys(AFTER, 0)
    for day in range(total):
        weekday = (NIGHT + timedelta(days=day - days + 1)).weekday()
        level = 100.0 * (0.4 if weekday == 6 else 1.0)
        if promotion and (day >= days or days - 364 <= day < days - 364 + 28):
            level *= 2
        orders[day] = int(draws.poisson(level))
        for age, share in AFTER.items():
            if day + age < total:
                came = int(draws.binomial(orders[day], share))
                tickets[day + age] += came
                if days - 84 <= day + age < days:
                    ages[age] += came
    return orders, tickets, ages


def rows_of(orders: list[int], tickets: list[int], days: int) -> list[dict[str, Any]]:
    """Return the rows of load_by_day up to the night."""
    return [
        {"day": NIGHT - timedelta(days=days - 1 - day), "orders": orders[day], "tickets": tickets[day], "returns": 0}
        for day in range(days)
    ]


def ahead(seed: int, capacity: Capacity | None = None, **shape: bool) -> tuple[Any, list[int]]:
    """Return the forecast of tickets, and what came."""
    orders, tickets, ages = world(seed, **shape)
    by_age: list[Mapping[str, Any]] = [{"kind": "tickets", "age_days": age, "events": n} for age, n in ages.items()]
    found, _ = forecast(rows_of(orders, tickets, 450), by_age, run_date=NIGHT, capacity=capacity or Capacity())
    return found, tickets[450:]


@pytest.mark.parametrize("promotion", [False, True])
def test_four_of_five_days_lie_within(promotion: bool) -> None:
    """Over ten shops between seven and nine of ten days lie within the interval of four of five, in peak as well."""
    inside: list[bool] = []
    for seed in range(10):
        found, came = ahead(seed, promotion=promotion)
        inside.extend(day.low <= count <= day.high for day, count in zip(found.days, came, strict=True))

    assert 0.7 <= np.mean(inside) <= 0.95


def test_a_promotion_is_expected_as_last_year() -> None:
    """Where the same weeks of last year brought twice as many orders, twice as many tickets are expected by the end."""
    usual, _ = ahead(3)
    doubled, _ = ahead(3, promotion=True)

    assert sum(day.expected for day in doubled.days[-7:]) > 1.7 * sum(day.expected for day in usual.days[-7:])


def test_what_is_out_already_is_expected_by_its_age() -> None:
    """A burst of orders yesterday brings its tickets on the days that follow from their age."""
    orders, tickets, ages = world(5)
    orders[449] += 1000
    by_age = [{"kind": "tickets", "age_days": age, "events": n} for age, n in ages.items()]
    found, _ = forecast(rows_of(orders, tickets, 450), by_age, run_date=NIGHT, capacity=Capacity())
    plain, _ = ahead(5)
    more = [after.expected - before.expected for after, before in zip(found.days, plain.days, strict=True)]

    assert max(range(28), key=more.__getitem__) == 1
    assert more[1] > 20
    assert more[8] > 8


def test_against_what_the_team_can_answer() -> None:
    """Days on which more is expected than can be answered are named, the first by its date."""
    few, _ = ahead(1, Capacity(tickets_per_day=3))
    enough, _ = ahead(1, Capacity(tickets_per_day=50))
    unknown, _ = ahead(1)

    assert len(few.over) > 20
    assert f"The team can answer 3 a day; more is expected on {len(few.over)} days, first on 2025-11-" in told(few)
    assert told(enough).endswith("The team can answer 50 a day, which no day is expected to exceed.")
    assert told(unknown).endswith(
        "How many the team can answer is not known: [capacity] tickets_per_day in shop.toml says it."
    )


def test_too_few_say_nothing() -> None:
    """Under thirty in twelve weeks there is no forecast, and it says so."""
    _, returns = forecast([], [], run_date=NIGHT, capacity=Capacity())

    assert (returns.days, returns.over) == ((), ())
    assert told(returns) == "There were 0 returns in 12 weeks; 30 are needed to say anything."
