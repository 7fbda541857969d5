"""The benchmark of emails on a few of the demo's, and what its committed results claim."""

import json
from pathlib import Path

from benchmarks import smtp
from tests.conftest import Demo

ROOT = Path(__file__).parents[2]


def test_a_few_emails(demo: Demo) -> None:
    """Each is rendered, encoded and taken by a real mail server."""
    found = smtp.figures(demo.run, shop_file=demo.shop, emails=20)

    assert found["emails"] == 20
    assert found["mean_bytes"] > 5_000
    assert min(found["encoded_a_second"], found["sent_a_second"]) > 0


def test_the_committed_figures_keep_the_promise() -> None:
    """At least 300 a second on two cores, without DKIM."""
    found = json.loads((ROOT / "benchmarks/results/smtp.json").read_text(encoding="utf-8"))

    assert found["sent_a_second"] >= 300
    assert found["emails"] >= 5_000
    assert found["cores"] == 2
