"""Newer exports: what changes, what stays, and what was known on a night before."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from personalization.sources.folder import take_snapshot
from personalization.sources.importing.importer import Asked, import_files
from personalization.sources.systems import SYSTEMS
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


def _yes_no(path, *words):
    """A customers CSV with one person a word; of nobody a time is told."""
    people = (
        {"Customer ID": f"'70{place:02}", "Email": f"p{place}@shop.example", "Accepts Email Marketing": word}
        for place, word in enumerate(words)
    )
    return shopify_customers(path, *people)


def _newest_words(out):
    return rows_of(
        out,
        "consents",
        "DISTINCT customer_id, arg_max(status, captured_at) OVER (PARTITION BY customer_id),"
        " bool_or(captured_at IS NULL) OVER (PARTITION BY customer_id)",
    )


@pytest.mark.parametrize(
    ("exports", "ends"),
    [
        # One repeats, one changes, one is new: nobody's word loses its time.
        ((("yes", "yes"), ("yes", "no", "yes")), ("subscribed", "unsubscribed", "subscribed")),
        ((("no",), ("yes",), ("no",)), ("unsubscribed",)),
        ((("yes",), ("no",), ("yes",)), ("subscribed",)),
        ((("no",), ("no",), ("yes",)), ("subscribed",)),
    ],
)
def test_of_lists_without_times_the_newest_word_counts(tmp_path, exports, ends):
    """Whatever was said in between, the last export says how things stand."""
    for night, words in enumerate(exports):
        moment = NOW + timedelta(days=night)
        file = _yes_no(tmp_path / f"{night}.csv", *words)
        bring_in(tmp_path / "out", "shopify", file, now=moment, exported_at=moment)

    found = sorted(_newest_words(tmp_path / "out"))
    assert found == [(f"70{place:02}", word, False) for place, word in enumerate(ends)]


def test_a_later_export_of_old_orders_alone_is_newer(tmp_path):
    """Support exports one refunded order again: the file tells of nothing newer than the full one, and is newer."""
    full = shopify_orders(tmp_path / "full.csv", {}, {"Name": "#1002", "Id": "5002", "Created at": "2026-02-20"})
    one = shopify_orders(tmp_path / "one.csv", {"Financial Status": "refunded"})
    for file, written in ((full, NOW - timedelta(days=3)), (one, NOW - timedelta(days=1))):
        os.utime(file, (written.replace(tzinfo=UTC).timestamp(),) * 2)

    for order in ((full, one), (one, full)):
        out = tmp_path / order[0].stem
        for file in order:
            bring_in(out, "shopify", file)
        assert rows_of(out, "orders", "order_id, financial_status") == [("5001", "refunded"), ("5002", "paid")]


def test_a_changed_line_is_seen_as_it_was(tmp_path):
    """Tonight's export changes a line; for last night the line stands as it stood, and is not missing."""
    out = tmp_path / "out"
    bring_in(out, "shopify", shopify_orders(tmp_path / "a.csv", {}), exported_at=NOW)
    changed = shopify_orders(tmp_path / "b.csv", {"Lineitem quantity": "3", "Total": "30.00"})
    bring_in(out, "shopify", changed, now=LATER, exported_at=LATER)

    take_snapshot(data=out, out=tmp_path / "then", cutoff=datetime(2026, 3, 2), now=LATER, max_bad_share=0)
    assert rows_of(tmp_path / "then", "order_lines", "order_line_id, qty") == [("5001-1", 1)]
    assert rows_of(out, "order_lines", "order_line_id, qty") == [("5001-1", 3)]


def _bulk(path, *orders):
    """Orders as a bulk operation gives them, each (id, updated at, ids of its lines)."""
    lines = []
    for number, updated, children in orders:
        order = {"id": f"gid://shopify/Order/{number}", "name": f"#{number}", "createdAt": "2026-02-01T10:00:00Z"}
        money = {"shopMoney": {"amount": "9.90", "currencyCode": "GBP"}}
        order |= {"updatedAt": updated, "displayFinancialStatus": "PAID", "currencyCode": "GBP"}
        lines.append(order | {"totalPriceSet": money})
        for child in children:
            line = {"id": f"gid://shopify/LineItem/{child}", "__parentId": order["id"], "sku": "SOAP", "quantity": 1}
            lines.append(line | {"originalUnitPriceSet": money})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("later", "left"),
    [
        # A query without line items says nothing of lines, whatever comes after it.
        ((("1", "2026-02-03T10:00:00Z", ()),), ["11", "12"]),
        ((("1", "2026-02-03T10:00:00Z", ()), ("2", "2026-02-04T10:00:00Z", ("21",))), ["11", "12", "21"]),
        # An order that still has one of its lines has lost the other.
        ((("1", "2026-02-03T10:00:00Z", ("12",)),), ["12"]),
    ],
)
def test_lines_are_gone_only_where_their_order_came_with_lines(tmp_path, later, left):
    """What a file does not speak of stays."""
    first = _bulk(tmp_path / "a.jsonl", ("1", "2026-02-02T10:00:00Z", ("11", "12")))
    bring_in(tmp_path / "out", "shopify", first)
    for night, order in enumerate(later):
        file = _bulk(tmp_path / f"b{night}.jsonl", order)
        bring_in(tmp_path / "out", "shopify", file, now=LATER + timedelta(days=night))

    assert [line for (line,) in rows_of(tmp_path / "out", "order_lines", "order_line_id")] == left


def test_what_is_known_is_not_worked_out_again(tmp_path):
    """The same file costs nothing; a table that somebody removed is made again."""
    out, file = tmp_path / "out", shopify_orders(tmp_path / "a.csv", {})
    first = bring_in(out, "shopify", file)
    steps: list[str] = []
    asked = Asked(system=SYSTEMS["shopify"], files=[file], out=out, now=LATER, region="GB")

    again = import_files(asked, SYSTEMS, on_step=steps.append)
    assert (again.tables, again.joined, again.people) == (first.tables, first.joined, first.people)
    assert steps == []

    (out / "orders.parquet").unlink()
    import_files(asked, SYSTEMS, on_step=steps.append)
    assert steps == ["assembling the tables"]
    assert rows_of(out, "orders", "order_id") == [("5001",)]
