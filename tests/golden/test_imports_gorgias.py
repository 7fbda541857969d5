"""Gorgias's traps: real-shaped files, and the tickets that must come of them."""

import json

import pyarrow.parquet as pq
import pytest

from personalization.errors import BadInput
from tests.lib.exports_of_shops import bring_in
from tests.lib.golden_imports import GOLDEN, expected_of, found_in, traps


@pytest.mark.parametrize("trap", traps("gorgias"))
def test_a_trap_of_gorgias(trap, tmp_path):
    """Each trap's files give exactly the tickets beside them."""
    assert found_in("gorgias", trap, tmp_path) == expected_of("gorgias", trap)


def test_no_word_of_a_message_is_kept(tmp_path):
    """What somebody wrote stands in the export, and in no file that the import leaves behind."""
    words, trap = "never read", "page_of_tickets"
    assert any(words in file.read_text(encoding="utf-8") for file in (GOLDEN / "gorgias" / trap).iterdir())

    found_in("gorgias", trap, tmp_path)
    kept = [str(pq.read_table(file).to_pylist()) for file in (tmp_path / "out").rglob("*.parquet")]

    assert len(kept) > 3
    assert not any(words in text or "9999" in text for text in kept)


@pytest.mark.parametrize("customer", [None, {"id": 1}])
def test_tickets_without_their_customers_are_refused(customer, tmp_path):
    """Without the customer's address or id every ticket would lead to nobody, and everybody be written to."""
    ticket = {"id": 1, "status": "open", "channel": "email", "created_datetime": "2026-02-20T10:00:00Z"}
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"data": [ticket | {"customer": customer}]}), encoding="utf-8")

    with pytest.raises(BadInput, match="with the whole customer of each"):
        bring_in(tmp_path / "out", "gorgias", path)
