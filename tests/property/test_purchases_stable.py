"""A larger or longer world, or one built in other parts, has the same people with the same past."""

import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from personalization.simulation.purchase_parameters import PURCHASES
from personalization.simulation.purchases import BEGIN, set_stage, write_purchases

TABLES = ("customers", "orders", "order_lines", "browsing_events", "preferences", "truth/cycles", "truth/exceptions")
AHEAD = frozenset(
    {  # what lay ahead at the shorter world's end, and what is changed since
        *("cancelled_at", "ship_to_changed_at", "ends_at", "knowable_at", "financial_status", "qty_cancelled"),
        *("merged_into", "do_not_contact_reason", "received_at"),
    }
)
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
worlds = st.tuples(st.integers(0, 2**31), st.integers(20, 150), st.integers(20, 400))
Rows = dict[str, list[dict[str, Any]]]


def _purchases(seed: int, customers: int, days: int, *, parts: int = 1) -> Rows:
    rows: Rows = {name: [] for name in TABLES}
    stage = set_stage(seed=seed, until=BEGIN + timedelta(days=days), parameters=PURCHASES)
    for numbers in np.array_split(stage.numbers(customers), parts):
        with tempfile.TemporaryDirectory() as folder:
            write_purchases(Path(folder), numbers, stage)
            for name in TABLES:
                rows[name] += pq.read_table(Path(folder) / f"{name}.parquet").to_pylist()
    return rows


@settings(max_examples=6, deadline=None, phases=UNSHRUNK)
@given(worlds, st.integers(2, 7))
def test_parts_do_not_matter(world: tuple[int, int, int], parts: int) -> None:
    """Whatever the people are divided into, the rows are the same; there are as many customers as asked for."""
    whole = _purchases(*world)

    assert len(whole["customers"]) == world[1]
    for name, rows in _purchases(*world, parts=parts).items():
        key = "exception_id" if name == "truth/exceptions" else next(iter(rows[0]), "") if rows else ""
        assert sorted(rows, key=lambda row: row[key]) == sorted(whole[name], key=lambda row: row[key]), name


@settings(max_examples=6, deadline=None, phases=UNSHRUNK)
@given(worlds, st.integers(1, 100))
def test_more_customers_change_nothing_about_the_others(world: tuple[int, int, int], more: int) -> None:
    """All rows of the smaller world stand in the larger one."""
    seed, customers, days = world
    smaller, larger = _purchases(seed, customers, days), _purchases(seed, customers + more, days)

    last = max(row["customer_id"] for row in smaller["customers"][:-1])  # the very last may only have filled the number
    for name in TABLES:
        known = [row for row in smaller[name] if (row.get("customer_id") or last) <= last]
        kept = {repr(row) for row in larger[name]}
        assert [row for row in known if repr(row) not in kept] == [], name


@settings(max_examples=6, deadline=None, phases=UNSHRUNK)
@given(worlds, st.integers(1, 200))
@example((362, 149, 21), 83)  # somebody's account is merged into one that is opened later
@example((448, 145, 301), 35)  # the other account is opened within the longer world and the merge comes after it
def test_more_days_change_nothing_about_the_past(world: tuple[int, int, int], more: int) -> None:
    """Of the people in both worlds, each row of the shorter one stands in the longer one, but for what lay ahead."""
    seed, customers, days = world
    shorter, longer = _purchases(seed, customers, days), _purchases(seed, customers, days + more)
    both = {row["customer_id"] for row in shorter["customers"]} & {row["customer_id"] for row in longer["customers"]}

    survivors = {row["customer_id"]: row["merged_into"] for row in longer["customers"] if row["merged_into"]}

    def past(name: str, rows: list[dict[str, Any]]) -> list[str]:
        cells = [{column: cell for column, cell in row.items() if column not in AHEAD} for row in rows]
        if name == "truth/cycles":  # names the account that a person is merged into, be it after the shorter world
            cells = [row | {"customer_id": survivors.get(row["customer_id"], row["customer_id"])} for row in cells]
        return [repr(row) for row in cells]

    assert len(both) > customers // 4
    for name in TABLES:
        known = set(past(name, longer[name]))
        kept = [row for row in shorter[name] if row.get("customer_id") in both]
        assert [row for row in past(name, kept) if row not in known] == [], name
