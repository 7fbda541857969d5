"""Klaviyo's traps: real-shaped files, and the consents and suppressions that must come of them."""

import json

import pytest

from tests.lib.exports_of_shops import bring_in, rows_of
from tests.lib.golden_imports import expected_of, found_in, traps


@pytest.mark.parametrize("trap", traps("klaviyo"))
def test_a_trap_of_klaviyo(trap, tmp_path):
    """Each trap's files give exactly the rows beside them."""
    assert found_in("klaviyo", trap, tmp_path) == expected_of("klaviyo", trap)


def test_what_is_no_profile_is_set_aside(tmp_path):
    """A list among the profiles is quarantined and counted, not taken for a person."""
    marketing = {"consent": "SUBSCRIBED", "consent_timestamp": "2026-02-02T08:00:00+00:00"}
    profile = {"email": "ann@shop.example", "subscriptions": {"email": {"marketing": marketing}}}
    items = [{"type": "profile", "id": "01A", "attributes": profile}, {"type": "list", "id": "Y6", "attributes": {}}]
    file = tmp_path / "profiles.json"
    file.write_text(json.dumps({"data": items}), encoding="utf-8")

    [one] = bring_in(tmp_path / "out", "klaviyo", file).files

    assert (one.imported.rows, one.imported.kept, one.imported.quarantined) == (2, 1, 1)
    assert "id is missing" in one.reasons[0]
    assert rows_of(tmp_path / "out", "consents", "customer_id, status") == [("klaviyo-01A", "subscribed")]
