"""Newer exports: what changes, what stays, and what was known on a night before."""

from datetime import datetime

from personalization.sources.folder import take_snapshot
from tests.lib.exports_of_shops import NOW, bring_in, bytes_of, rows_of, shopify_customers, shopify_orders

LATER = datetime(2026, 3, 2, 1, 30)  # half past one, after the end of the night of 1 March


def _two_lines(status: str, *, lines: int = 2):
    rows = [{"Financial Status": status}]
    blank = dict.fromkeys(("Id", "Financial Status", "Email", "Created at", "Currency", "Total"), "")
    return rows + [{**blank, "Lineitem sku": f"SOAP{line}"} for line in range(2, lines + 1)]


def test_a_changed_order_replaces_the_one_before(tmp_path):
    """The newer export counts, and says that the shop learned of the change when it was imported."""
    bring_in(tmp_path / "out", "shopify", shopify_orders(tmp_path / "a.csv", {}), exported_at=NOW)
    newer = shopify_orders(tmp_path / "b.csv", {"Financial Status": "refunded"}, {"Name": "#1002", "Id": "5002"})
    bring_in(tmp_path / "out", "shopify", newer, now=LATER, exported_at=LATER)

    assert rows_of(tmp_path / "out", "orders", "order_id, financial_status, received_at, is_received_assumed") == [
        ("5001", "refunded", LATER, False),
        ("5002", "paid", LATER, False),
    ]


def test_an_unchanged_order_keeps_the_time_at_which_it_was_learned(tmp_path):
    """Tonight's export repeats last night's orders; that is no news."""
    bring_in(tmp_path / "out", "shopify", shopify_orders(tmp_path / "a.csv", {}), exported_at=NOW)
    bring_in(
        tmp_path / "out",
        "shopify",
        shopify_orders(tmp_path / "b.csv", {}, {"Name": "#1002", "Id": "5002"}),
        now=LATER,
        exported_at=LATER,
    )

    first = rows_of(tmp_path / "out", "orders", "order_id, received_at, is_received_assumed")[0]
    assert first == ("5001", datetime(2026, 2, 1, 10), True)


def test_a_line_that_the_order_no_longer_has_is_gone(tmp_path):
    """An edited order has one line less; the line of the older export does not stay behind."""
    bring_in(tmp_path / "out", "shopify", shopify_orders(tmp_path / "a.csv", *_two_lines("paid")), exported_at=NOW)
    bring_in(
        tmp_path / "out",
        "shopify",
        shopify_orders(tmp_path / "b.csv", *_two_lines("paid", lines=1)),
        now=LATER,
        exported_at=LATER,
    )

    assert rows_of(tmp_path / "out", "order_lines", "order_line_id") == [("5001-1",)]


def test_the_same_file_again_changes_nothing(tmp_path):
    """Not a byte, though it is imported a day later."""
    file = shopify_orders(tmp_path / "a.csv", *_two_lines("paid"))
    bring_in(tmp_path / "out", "shopify", file)
    before = bytes_of(tmp_path / "out")

    report = bring_in(tmp_path / "out", "shopify", file, now=LATER)

    assert report.files[0].is_known
    assert bytes_of(tmp_path / "out") == before


def test_a_night_before_the_change_sees_the_order_as_it_was(tmp_path):
    """Imported at half past one, a refund is not known to the night that ended at midnight, but the order is."""
    out = tmp_path / "out"
    bring_in(out, "shopify", shopify_orders(tmp_path / "a.csv", *_two_lines("paid")), exported_at=NOW)
    bring_in(out, "shopify", shopify_orders(tmp_path / "b.csv", *_two_lines("refunded")), now=LATER, exported_at=LATER)

    def known(cutoff):
        taken = take_snapshot(data=out, out=tmp_path / "snapshot", cutoff=cutoff, now=LATER, max_bad_share=0)
        return taken.counts["orders"].later, rows_of(tmp_path / "snapshot", "orders", "order_id, financial_status")

    assert known(datetime(2026, 3, 2)) == (0, [("5001", "paid")])
    assert known(datetime(2026, 3, 3)) == (0, [("5001", "refunded")])
    assert rows_of(tmp_path / "snapshot", "order_lines", "count(*)") == [(2,)]


def test_an_undated_refusal_counts_from_the_last_yes(tmp_path):
    """A customers CSV tells no times: its no must not wait until tomorrow, its yes must not reach back."""
    yes = shopify_customers(
        tmp_path / "a.csv", {}, {"Customer ID": "'7002", "Email": "bob@shop.example", "Accepts Email Marketing": "no"}
    )
    bring_in(tmp_path / "out", "shopify", yes, exported_at=datetime(2026, 2, 20))

    assert rows_of(tmp_path / "out", "consents", "customer_id, status, captured_at") == [
        ("7001", "subscribed", datetime(2026, 2, 20)),
        ("7002", "unsubscribed", datetime(2026, 2, 20)),
    ]


def test_a_withdrawn_consent_is_added_and_the_yes_stays(tmp_path):
    """Consent is a list of words, never one word that is overwritten."""
    out = tmp_path / "out"
    bring_in(out, "shopify", shopify_customers(tmp_path / "a.csv", {}), exported_at=datetime(2026, 2, 20))
    bring_in(
        out,
        "shopify",
        shopify_customers(tmp_path / "b.csv", {"Accepts Email Marketing": "no"}),
        now=LATER,
        exported_at=LATER,
    )

    assert rows_of(out, "consents", "status, captured_at") == [
        ("subscribed", datetime(2026, 2, 20)),
        ("unsubscribed", LATER),
    ]
