"""Whatever the cells hold, no row is lost, and the order of the rows does not matter."""

import csv
import tempfile
from datetime import datetime
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personalization.sources.folder import take_snapshot

NOW = datetime(2011, 11, 21, 2)
CUTOFF = datetime(2011, 11, 1)
HEADER = ("order_id", "placed_at", "currency", "total_cents", "financial_status", "customer_id", "cancelled_at")
LINE = "order_line_id,order_id,sku,qty,unit_price_cents\nL1,A1,CUP,1,100\n"
SLOW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])

words = st.text(st.characters(codec="utf-8"), max_size=12)
instants = st.sampled_from(
    ["2011-10-01", "2011-10-31T23:59:59Z", "2011-11-05 10:00+02:00", "2031-01-01", "1/2/2011", ""]
)
plausible = st.tuples(
    words,
    instants,
    st.just("GBP"),
    st.sampled_from(["5", "0", "-5", "5.0", "5.5", "1e3", ""]),
    st.sampled_from(["paid", "Voided", "gone", ""]),
    words,
    instants,
)
arbitrary = st.tuples(*[words] * len(HEADER))
rows = st.lists(st.one_of(plausible, arbitrary), max_size=12)


def _snapshot(folder: Path, orders: list[tuple[str, ...]], threads: int = 1):
    """Take the snapshot of a folder with *orders* as CSV; return it and the bytes of its orders."""
    data = folder / "data"
    data.mkdir(exist_ok=True)
    (data / "order_lines.csv").write_text(LINE)
    with (data / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([HEADER, *orders])
    snapshot = take_snapshot(data=data, out=folder / "out", cutoff=CUTOFF, now=NOW, max_bad_share=1, threads=threads)
    return snapshot, (folder / "out" / "orders.parquet").read_bytes()


@SLOW
@given(rows)
def test_no_row_is_lost(orders):
    """Each row that goes in is kept, later or in quarantine, for any text in any cell."""
    with tempfile.TemporaryDirectory() as folder:
        snapshot, _ = _snapshot(Path(folder), orders)

    counts = snapshot.counts["orders"]
    in_quarantine = snapshot.quarantine.filter(
        snapshot.quarantine["file"].to_numpy(zero_copy_only=False) == "orders.csv"
    )
    assert counts.rows_in == len(orders)
    assert counts.rows_in == counts.kept + counts.later + counts.quarantined
    assert counts.quarantined == in_quarantine.num_rows == len(set(in_quarantine["row"].to_pylist()))


@SLOW
@given(rows.flatmap(lambda orders: st.tuples(st.just(orders), st.permutations(orders))))
def test_order_of_rows_does_not_matter(both):
    """Shuffled rows give the same bytes, as long as no key stands twice."""
    orders, shuffled = ([(f"K{row[1:]}", *row[1:]) for row in some] for some in both)
    if len(set(orders)) < len(orders):
        return
    with tempfile.TemporaryDirectory() as folder:
        first, written = _snapshot(Path(folder), orders)
        second, again = _snapshot(Path(folder), shuffled, threads=2)

    assert written == again
    assert first.counts == second.counts
    assert sorted(first.quarantine["reason"].to_pylist()) == sorted(second.quarantine["reason"].to_pylist())
