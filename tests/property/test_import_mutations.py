"""An export that was damaged in any way gives a clear refusal, or a report whose rows add up; nothing else."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from personalization.errors import BadInput
from tests.lib.exports_of_shops import bring_in, shopify_customers, shopify_orders

_PIECES = (
    b'"',
    b",",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xc3",
    b";",
    b"'",
    b"#",
    b"-",
    b"9" * 30,
    b"NaN",
    b"\xef\xbb\xbf",
    b"[",
)
_TRACKINGS = (
    b'{"tracking_number": "1Z1", "id": "t1", "tag": "Delivered", "order_id": "#1001", "checkpoints":'
    b' [{"checkpoint_time": "2026-02-01T10:00:00Z", "tag": "InTransit"}]}\n'
    b'{"tracking_number": "1Z2", "id": "t2", "tag": "Exception", "order_id": "#1002", "checkpoints": []}\n'
)


def _exports() -> Mapping[str, tuple[str, bytes]]:
    """Return a small valid export of each kind: its system and its bytes."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        blank = dict.fromkeys(("Id", "Financial Status", "Currency", "Total"), "")
        orders = shopify_orders(
            folder / "orders.csv",
            {},
            blank | {"Lineitem name": 'Soap, "mild"\nand blue'},
            {"Name": "#1002", "Id": "5002", "Email": "bob@shop.example"},
        )
        people = shopify_customers(folder / "people.csv", {}, {"Customer ID": "'7002", "Email": "bob@shop.example"})
        lines = _TRACKINGS
        return {
            "orders": ("shopify", orders.read_bytes()),
            "people": ("shopify", people.read_bytes()),
            "trackings": ("aftership", lines),
            "a list of trackings": ("aftership", b"[" + lines.strip().replace(b"\n", b",\n") + b"]"),
        }


EXPORTS = _exports()
_CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1),  # where, as a share of the file
        st.integers(0, 6),  # how many bytes go
        st.one_of(st.sampled_from(_PIECES), st.binary(max_size=4)),  # what comes instead
    ),
    min_size=1,
    max_size=4,
)


@given(kind=st.sampled_from(sorted(EXPORTS)), changes=_CHANGES, kept=st.one_of(st.just(1.0), st.floats(0, 1)))
@settings(max_examples=40, deadline=None)
@example(kind="orders", changes=[(0.9, 0, b'"')], kept=1.0)
@example(kind="orders", changes=[(0.9, 0, b"\xff")], kept=1.0)
@example(kind="trackings", changes=[(0.5, 3, b"[" * 5000)], kept=1.0)
def test_a_damaged_export_is_refused_or_accounted_for(kind, changes, kept):
    """Bytes changed, put in and cut off: BadInput with the file's name, or rows = kept + quarantined."""
    system, content = EXPORTS[kind]
    for share, gone, piece in changes:
        place = int(share * len(content))
        content = content[:place] + piece + content[place + gone :]
    with TemporaryDirectory() as name:
        path = Path(name) / "export.dat"
        path.write_bytes(content[: int(kept * len(content))])
        content = path.read_bytes()
        refusal, report = None, None
        try:
            report = bring_in(Path(name) / "out", system, path)
        except BadInput as refused:
            refusal = str(refused)

        if report is None:
            assert refusal.startswith(("export.dat: ", f"{path}: "))
            assert "shop.example" not in refusal
            return
        [one] = [found.imported for found in report.files]
        quarantine = pq.read_table(Path(name) / "out" / "imported" / "quarantine.parquet")
        assert one.rows == one.kept + one.quarantined
        assert len(set(quarantine["row"].to_pylist())) == one.quarantined
        if kind in ("people", "trackings") and not set(b'\r"' if kind == "people" else b"\r") & set(content):
            assert one.rows == sum(1 for line in content.split(b"\n") if line) - (kind == "people")
