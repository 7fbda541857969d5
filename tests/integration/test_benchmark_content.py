"""The benchmark of messages on a small input, and what its committed results claim."""

import json
from pathlib import Path

from benchmarks import content

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results" / "content.json"


def test_a_few_messages() -> None:
    """Every decision becomes a message and every message a page; the usual way is measured beside them."""
    found = content.measure(300)

    assert (found["properties"]["messages"], found["properties"]["withheld"]) == (300, 0)
    assert found["pages"]["messages"] == 300
    assert found["pages"]["kb_a_message"] > 10
    assert set(found["per_recipient"]) == {"mjml", "css_inline"}


def test_committed_results() -> None:
    """What was measured, and beside what load: cheaper than inlining styles for each recipient."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))

    assert found["messages"] == found["properties"]["messages"] == found["pages"]["messages"]
    assert found["per_recipient"]["css_inline"]["times_ours"] > 1
    assert {"load_before", "cores"} <= set(found)
