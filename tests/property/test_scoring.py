"""Scores depend on what was known that night, and on nothing else: not on later rows, row order or threads."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from personalization.scoring import Scores, score
from personalization.warehouse import Warehouse
from tests.lib.tables import warehouse_of
from tests.unit.scoring.nights import CUTOFF, RUN_DATE, line_state

Line = dict[str, Any]
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "customer_id": st.sampled_from([None, "ann", "bob", "cat", "dan"]),
            "sku": st.sampled_from(["cup", "saucer", "spoon", "tea"]),
            "qty": st.integers(1, 5),
            "placed_at": st.datetimes(datetime(2011, 1, 1), datetime(2011, 12, 31)),
            "is_returned": st.sampled_from(["false", "false", "true"]),
            "days_to_delivery": st.one_of(st.none(), st.integers(0, 40)),
        }
    ).map(lambda line: {**line, "delivered_at": _delivered_at(line)}),
    max_size=40,
)


def _delivered_at(line: Line) -> datetime | None:
    days = line["days_to_delivery"]
    return None if days is None else line["placed_at"] + timedelta(days=days)


def shop_lines(customers: int, seed: int) -> list[Line]:
    """Return the order lines of a made-up year: regular, rare and one-time customers of 40 products."""
    chance = np.random.default_rng(seed)
    lines: list[Line] = []
    for number in range(customers):
        favourites = chance.integers(0, 40, 6)
        for _ in range(int(chance.integers(1, 12))):
            at = datetime(2010, 12, 1) + timedelta(hours=int(chance.integers(0, 8700)))
            lines.extend(
                {"customer_id": f"c{number:03}", "sku": f"p{product:02}", "placed_at": at, "order_id": f"{number}-{at}"}
                for product in chance.choice(favourites, 3)
            )
    return lines


def warehouse_with(lines: pa.Table, threads: int = 1) -> Warehouse:
    """Return a warehouse of these order lines and a small catalogue."""
    warehouse = warehouse_of(products="sku | category | days_of_supply\ncup | china | -\ntea | food | 40")
    warehouse.connection.execute(f"SET threads = {threads}")
    warehouse.load_arrow("line_state", lines)
    return warehouse


def scores_of(lines: pa.Table, threads: int = 1) -> Scores:
    """Return the scores of the night 2011-11-20."""
    with warehouse_with(lines, threads) as warehouse:
        return score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF)


def check_tables(scores: Scores) -> None:
    """Assert what every score table promises."""
    for table, column in ((scores.candidates, "score"), (scores.replenishment, "buy_probability")):
        assert all(0 <= chance <= 1 for chance in table[column].to_pylist())
    assert scores.candidates.equals(scores.candidates.sort_by([("customer_id", "ascending"), ("rank", "ascending")]))
    assert scores.replenishment.equals(
        scores.replenishment.sort_by([("customer_id", "ascending"), ("sku", "ascending")])
    )
    for row in scores.replenishment.to_pylist():
        assert (row["basis"] is None) == (row["due_on"] is None)
        assert (
            row["due_on"] is None or row["supply_from_on"] <= row["due_on_early"] <= row["due_on"] <= row["due_on_late"]
        )


@settings(max_examples=15, deadline=None)
@given(lines=LINES)
def test_later_rows_change_nothing(lines: list[Line]) -> None:
    """The scores with all rows equal the scores with those placed before the cutoff, deliveries after it unknown."""
    known = [
        {
            **line,
            "delivered_at": line["delivered_at"] if line["delivered_at"] and line["delivered_at"] < CUTOFF else None,
        }
        for line in lines
        if line["placed_at"] < CUTOFF
    ]

    scores = scores_of(line_state(lines))

    check_tables(scores)
    assert scores == scores_of(line_state(known))


@pytest.mark.parametrize("seed", [1, 2])
def test_later_rows_change_nothing_in_a_fitted_shop(seed: int) -> None:
    """300 customers are enough for every fit; a month of later orders leaves no trace in the scores."""
    lines = shop_lines(300, seed)
    later = [
        {**line, "placed_at": datetime(2011, 11, 21) + timedelta(hours=number)}
        for number, line in enumerate(lines[:700])
    ]

    scores = scores_of(line_state(lines))

    check_tables(scores)
    assert scores == scores_of(line_state([*lines, *later]))


@pytest.mark.parametrize("seed", [3])
def test_neither_row_order_nor_threads_matter(seed: int) -> None:
    """Shuffled rows on two threads give the same tables as rows in order on one."""
    table = line_state(shop_lines(300, seed))
    shuffled = table.take(pa.array(np.random.default_rng(seed).permutation(table.num_rows)))

    assert scores_of(table, threads=1) == scores_of(shuffled, threads=2)
