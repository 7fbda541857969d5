"""Imports in any order, and imports that come twice, give the same tables."""

from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.lib.exports_of_shops import bring_in, bytes_of, shopify_customers, shopify_orders

_STATUSES = ("paid", "partially_refunded", "refunded")
_FIRST = datetime(2026, 2, 10, 9)


@st.composite
def exports(draw):
    """Some nightly exports of orders: in each, some orders, each in the state of that night."""
    nights = draw(st.integers(2, 4))
    return [
        [
            (number, draw(st.sampled_from(_STATUSES)), draw(st.integers(1, 3)))
            for number in draw(st.sets(st.integers(1, 5), min_size=1))
        ]
        for _ in range(nights)
    ]


def _write(folder: Path, night: int, orders) -> Path:
    created = f"2026-02-0{night + 1} 08:00:00 +0000"
    rows = []
    for number, status, lines in sorted(orders):
        head = {
            "Name": f"#{number}",
            "Id": f"50{number}",
            "Financial Status": status,
            "Email": f"p{number}@shop.example",
        }
        rows.append({**head, "Created at": "2026-02-01 08:00:00 +0000"})
        blank = dict.fromkeys(("Id", "Financial Status", "Email", "Created at", "Currency", "Total"), "")
        rows += [{"Name": f"#{number}", **blank, "Lineitem sku": f"SKU{line}"} for line in range(1, lines)]
    rows.append({"Name": f"#9{night}", "Id": f"59{night}", "Created at": created})  # tells how new the file is
    return shopify_orders(folder / f"night{night}.csv", *rows)


@given(nights=exports(), order=st.randoms(use_true_random=False))
@settings(
    max_examples=5, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate)
)  # shrinking takes minutes
def test_files_in_any_order_give_the_same_bytes(nights, order):
    """Orders and customers of several nights, shuffled and one of them twice, end as they do in order."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        files = [
            (_FIRST + timedelta(days=night), "shopify", _write(folder, night, orders))
            for night, orders in enumerate(nights)
        ]
        people = shopify_customers(folder / "people.csv", {"Email": "P1@shop.example "}, {"Customer ID": "'7002"})
        files.append((_FIRST + timedelta(days=1), "shopify", people))
        shuffled = [*files, files[0]]
        order.shuffle(shuffled)

        for now, system, file in files:
            bring_in(folder / "in_order", system, file, now=now, exported_at=None if file != people else _FIRST)
        for now, system, file in shuffled:
            bring_in(folder / "shuffled", system, file, now=now, exported_at=None if file != people else _FIRST)

        assert bytes_of(folder / "in_order") == bytes_of(folder / "shuffled")


def test_a_line_that_comes_back_has_no_past():
    """Two lines, then one, then two again: as if nothing had been, from the first file on or from the last."""
    nights = [[(2, "paid", lines)] for lines in (2, 1, 2)]
    found = []
    for order in ((0, 1, 2), (2, 1, 0)):
        with TemporaryDirectory() as name:
            folder = Path(name)
            for night in order:
                file, now = _write(folder, night, nights[night]), _FIRST + timedelta(days=night)
                bring_in(folder / "out", "shopify", file, now=now, exported_at=None)
            found.append(bytes_of(folder / "out"))

    assert all(one == found[0] for one in found)
    assert not [name for name in found[0] if "past" in name]
