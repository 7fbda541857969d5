"""How old the list of suppressions is after imports: as old as the export that it came from."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from personalization import morning
from personalization.errors import BadInput
from personalization.sources.importing.feeds import Imported
from personalization.sources.importing.list_age import date_list
from tests.lib.exports_of_shops import NOW, bring_in, rows_of, shopify_orders

MADE = NOW - timedelta(days=3)
LATER = NOW + timedelta(days=2)


def _profiles(path: Path, *addresses: str, made: datetime = MADE) -> Path:
    """Write Klaviyo's profiles, each suppressed for a hard bounce, as a file made at *made*."""
    suppression = [{"reason": "HARD_BOUNCE", "timestamp": "2026-02-10T08:00:00+00:00"}]
    marketing = {"consent": "NEVER_SUBSCRIBED", "can_receive_email_marketing": False, "suppression": suppression}
    profiles = [
        {
            "type": "profile",
            "id": f"01{address}",
            "attributes": {"email": address, "subscriptions": {"email": {"marketing": marketing}}},
        }
        for address in addresses
    ]
    if not profiles:
        never = {"email": {"marketing": {**marketing, "suppression": []}}}
        profiles = [{"type": "profile", "id": "01", "attributes": {"email": "a@shop.example", "subscriptions": never}}]
    path.write_text(json.dumps({"data": profiles}), encoding="utf-8")
    _date(path, made)
    return path


def _date(path: Path, moment: datetime) -> None:
    os.utime(path, (moment.replace(tzinfo=UTC).timestamp(),) * 2)


def _age_of(out: Path) -> datetime:
    seconds = (out / "suppressions.parquet").stat().st_mtime
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None)


def test_the_list_is_as_old_as_its_export(tmp_path: Path) -> None:
    """A file of three days ago makes a list of three days ago, whenever it is imported."""
    bring_in(tmp_path / "out", "klaviyo", _profiles(tmp_path / "a.json", "x@shop.example"))

    assert _age_of(tmp_path / "out") == MADE


def test_who_says_when_the_export_was_made_is_believed(tmp_path: Path) -> None:
    """A copied file looks new; the moment that somebody gives counts instead, though never one to come."""
    file = _profiles(tmp_path / "a.json", "x@shop.example", made=NOW)
    bring_in(tmp_path / "told", "klaviyo", file, exported_at=MADE)
    bring_in(tmp_path / "to_come", "klaviyo", file, exported_at=LATER)

    assert _age_of(tmp_path / "told") == MADE
    assert _age_of(tmp_path / "to_come") == NOW


def test_an_import_of_another_system_makes_the_list_no_newer(tmp_path: Path) -> None:
    """Orders imported two days later write every table anew, and leave the list's age as it was."""
    bring_in(tmp_path / "out", "klaviyo", _profiles(tmp_path / "a.json", "x@shop.example"))
    bring_in(tmp_path / "out", "shopify", shopify_orders(tmp_path / "orders.csv", {}), now=LATER)

    assert _age_of(tmp_path / "out") == MADE


def test_the_same_list_exported_again_is_new(tmp_path: Path) -> None:
    """Nobody was added since; the export of today still says that the list is whole today."""
    bring_in(tmp_path / "out", "klaviyo", _profiles(tmp_path / "a.json", "x@shop.example"))
    [again] = bring_in(
        tmp_path / "out", "klaviyo", _profiles(tmp_path / "b.json", "x@shop.example", made=NOW), now=LATER
    ).files

    assert not again.is_known  # made later than the same bytes before, so its words hold again
    assert _age_of(tmp_path / "out") == NOW


def test_an_older_export_imported_later_makes_the_list_no_older(tmp_path: Path) -> None:
    """Exports that come out of order end as in order."""
    bring_in(tmp_path / "out", "klaviyo", _profiles(tmp_path / "a.json", "x@shop.example", made=NOW))
    older = _profiles(tmp_path / "b.json", "y@shop.example", made=MADE)
    bring_in(tmp_path / "out", "klaviyo", older, now=LATER)

    assert _age_of(tmp_path / "out") == NOW


def test_of_two_systems_the_older_list_counts(tmp_path: Path) -> None:
    """A list that one tool delivered this morning says nothing of whom the other tool knows."""
    path = tmp_path / "suppressions.parquet"
    path.touch()
    rest = {"shape": "s", "file": "f", "digest": "d", "imported_at": "", "as_of": NOW.isoformat(), "rows": 1, "kept": 1}
    none = {"quarantined": 0, "unknown_words": {}, "classified": {}}
    told = [("one", MADE, {"suppressions": 1}), ("one", NOW, {"orders": 1}), ("two", NOW, {"suppressions": 0})]
    date_list(
        path,
        [
            Imported(system=system, made_at=moment.isoformat(), tables=tables, **rest, **none)  # type: ignore[arg-type]
            for system, moment, tables in told
        ],
    )

    assert _age_of(tmp_path) == MADE


def test_an_empty_list_is_a_list(tmp_path: Path) -> None:
    """A shop that nobody ever asked to stop has an empty list, and one that is there."""
    bring_in(tmp_path / "out", "klaviyo", _profiles(tmp_path / "a.json"))

    assert rows_of(tmp_path / "out", "suppressions", "address_hash") == []
    assert _age_of(tmp_path / "out") == MADE


def test_profiles_without_subscriptions_are_refused(tmp_path: Path) -> None:
    """Without the list's part of a profile an export would look like a list on which nobody is."""
    file = tmp_path / "a.json"
    file.write_text('{"data": [{"type": "profile", "id": "01", "attributes": {"email": "a@shop.example"}}]}')

    with pytest.raises(BadInput, match="additional-fields"):
        bring_in(tmp_path / "out", "klaviyo", file)


def test_an_export_looks_at_the_age_of_the_list_not_of_its_import(tmp_path: Path) -> None:
    """A list of three days ago that is imported today has rows that were learned today, and is three days old."""
    out = tmp_path / "out"
    bring_in(out, "klaviyo", _profiles(tmp_path / "a.json", "x@shop.example", made=MADE - timedelta(days=9)))
    bring_in(out, "klaviyo", _profiles(tmp_path / "b.json", "x@shop.example", "y@shop.example"), now=LATER)
    listed = pq.read_table(out / "suppressions.parquet")

    assert max(listed["received_at"].to_pylist()) == LATER
    assert morning._learned_at(out, listed, LATER) == MADE
