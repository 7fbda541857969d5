"""Zendesk's traps: real-shaped files, and the tickets that must come of them."""

import pyarrow.parquet as pq
import pytest

from tests.lib.golden_imports import GOLDEN, expected_of, found_in, traps


@pytest.mark.parametrize("trap", traps("zendesk"))
def test_a_trap_of_zendesk(trap, tmp_path):
    """Each trap's files give exactly the tickets beside them."""
    assert found_in("zendesk", trap, tmp_path) == expected_of("zendesk", trap)


def test_no_word_of_a_message_is_kept(tmp_path):
    """What somebody wrote stands in the export, and in no file that the import leaves behind."""
    words, trap = "never read", "one_ticket_a_line"
    assert any(words in file.read_text(encoding="utf-8") for file in (GOLDEN / "zendesk" / trap).iterdir())

    found_in("zendesk", trap, tmp_path)
    kept = [str(pq.read_table(file).to_pylist()) for file in (tmp_path / "out").rglob("*.parquet")]

    assert len(kept) > 3
    assert not any(words in text or "9999" in text for text in kept)
