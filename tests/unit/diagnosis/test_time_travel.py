"""A diagnosis of a past night says what could be known then, whatever has happened since."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from benchmarks.diagnosis import CUTOFF, ROOT, SmallShop, diagnose_shop, tables_of
from personalization import diagnosis
from personalization.settings import load_shop

DAYS_AGO = 45
HAPPENED = {
    "orders": "placed_at",
    "shipments": "shipped_at",
    "tickets": "created_at",
    "returns": "requested_at",
    "refunds": "refunded_at",
    "claims": "opened_at",
    "chargebacks": "opened_at",
}
# What becomes known of a row later, with the column that says when.
LATER = {
    "tickets": {"first_reply_at": ("first_reply_at",), "resolved_at": ("resolved_at",)},
    "shipments": {"delivered_at": ("delivered_at",)},
    "claims": {"decided_at": ("decided_at", "outcome")},
}


def as_known(tables: dict[str, pa.Table], *, days_ago: int) -> dict[str, pa.Table]:
    """Return the tables as they were: without later rows, and without what became known of earlier rows."""
    then = pa.scalar(CUTOFF - np.timedelta64(days_ago, "D").astype(object), pa.timestamp("us"))
    known = {}
    for name, table in tables.items():
        cut = table.filter(pc.less(table[HAPPENED[name]], then)) if name in HAPPENED else table
        for at, columns in LATER.get(name, {}).items():
            is_known = pc.less(cut[at], then)
            for column in columns:
                cells = pc.if_else(is_known, cut[column], pa.scalar(None, cut[column].type))
                cut = cut.set_column(cut.column_names.index(column), column, cells)
        known[name] = cut
    orders = known["orders"]["order_id"]
    lines = known["order_lines"]
    return {**known, "order_lines": lines.filter(pc.is_in(lines["order_id"], orders.combine_chunks()))}


@pytest.mark.parametrize("seed", [1, 2])
def test_later_data_do_not_change_the_answer(seed: int) -> None:
    """The whole content is the same with all later rows and without them."""
    settings = load_shop(ROOT / "shop.toml")
    tables = tables_of(SmallShop(buyers=3_000, wismo=4.0, claims=3.0), np.random.default_rng(seed))
    now, then = (
        diagnosis.content_of(diagnose_shop(given, settings, days_ago=DAYS_AGO))
        for given in (tables, as_known(tables, days_ago=DAYS_AGO))
    )

    assert now == then
    assert then != diagnosis.content_of(diagnose_shop(tables, settings))
