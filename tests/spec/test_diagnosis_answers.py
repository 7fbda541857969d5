"""Which shop gets which answer: the guide's own examples as a table that a manager can read, and what follows from it.

A shop is what the usual one is (see benchmarks/diagnosis.py: 6,000 buyers in two years, fashion, everything at or under
its usual level), but for the rates that stand here, per 100 orders.
"""

from typing import Any

import numpy as np
import pytest

from benchmarks.diagnosis import ROOT, SmallShop, diagnose_shop, tables_of
from personalization import diagnosis
from personalization.settings import load_shop

SHOP = load_shop(ROOT / "shop.toml")  # its programs: onboarding (education), replenishment and cross-sell (marketing)
HOLDS = ["cross_sell", "loyalty", "replenishment", "win_back"]

# a shop -> the headline, the programs that wait, whose turn it is
ANSWERS = [
    pytest.param(
        {"wismo": 6.0, "delivery_refunds": 1.5, "returns": 22.0},
        "Tracking first, hold cross-sell, loyalty, replenishment and win-back",
        HOLDS,
        "logistics",
        id="apparel: high WISMO, moderate returns, a team that asks for cross-sell",
    ),
    pytest.param(
        {"returns": 45.0, "refunded_share": 0.9},
        "Returns first, hold cross-sell, loyalty, replenishment and win-back",
        HOLDS,
        "returns owner",
        id="refund pressure",
    ),
    pytest.param(
        {"claims": 4.0},
        "Claims first, hold cross-sell, loyalty, replenishment and win-back",
        HOLDS,
        "claims owner",
        id="claim friction",
    ),
    pytest.param(
        {"repeat_tickets": 15.0},
        "Self-service first, hold cross-sell, loyalty, replenishment and win-back",
        HOLDS,
        "support lead",
        id="workload: the same questions again and again",
    ),
    pytest.param({"repeat_share": 0.08}, "Repeat purchase first", [], "retention", id="weak repeat purchase"),
    pytest.param(
        {"chargebacks": 3.0},
        "Trust first, hold cross-sell, loyalty, replenishment and win-back",
        HOLDS,
        "operations lead",
        id="chargebacks",
    ),
    pytest.param({}, "Nothing blocks it", [], "retention", id="healthy"),
]


def diagnosed(changes: dict[str, Any], *, readiness: list[dict[str, Any]] | None = None) -> diagnosis.Diagnosis:
    shop = SmallShop(**changes)
    return diagnose_shop(tables_of(shop, np.random.default_rng(7)), SHOP, readiness=readiness)


@pytest.mark.parametrize(("changes", "headline", "waiting", "owner"), ANSWERS)
def test_the_answer(changes: dict[str, Any], headline: str, waiting: list[str], owner: str) -> None:
    """Each shop gets its own answer, with one owner, and marketing waits while something basic leaks."""
    found = diagnosed(changes)

    assert found.next_action.headline == headline
    assert [program.program for program in found.programs if program.advice == "hold"] == waiting
    assert found.next_action.owner == owner


@pytest.mark.parametrize(
    ("changes", "phase"),
    [({"wismo": 6.0}, 2), ({"repeat_share": 0.08}, 3), ({}, 3)],
    ids=["a repeated inefficiency", "weak repeat purchase", "healthy"],
)
def test_the_phase(changes: dict[str, Any], phase: int) -> None:
    """A shop with a written journey mends what repeats before it personalises; weak repeat purchase is no obstacle."""
    assert diagnosed(changes).phase.number == phase


@pytest.mark.parametrize(
    ("product_type", "words"),
    [
        ("consumable", "Consumables: how to use it, then a reminder when it runs out."),
        ("fashion", "Fashion: styling, care, and a follow-up after an exchange."),
        ("considered", "Considered goods: onboarding and confidence first; no upsell before it."),
        ("unknown", "Products of unknown type: neutral education only, until the type is known."),
    ],
)
def test_weak_repeat_purchase_is_answered_by_product_type(product_type: str, words: str) -> None:
    """What to write depends on what was bought; for considered goods no upsell comes before onboarding (R18)."""
    found = diagnosed({"repeat_share": 0.02, "product_type": product_type, "returns": 1.0})

    assert found.next_action.headline == "Repeat purchase first"
    assert found.next_action.action == words


def test_a_closed_gate_comes_before_all_is_well() -> None:
    """Where nothing leaks but readiness holds a check, mending that is next, and its programs wait."""
    closed = {
        "check": "feed_freshness",
        "scope": "shop",
        "program": "onboarding",
        "verdict": "hold",
        "owner": "data engineer",
        "reason": "No scan has come in.",
    }
    found = diagnosed({}, readiness=[closed])

    assert found.next_action.owner == "data engineer"
    assert found.next_action.evidence == "No scan has come in."
    assert [program.program for program in found.programs if program.advice == "hold"] == ["onboarding"]
    assert found.phase.number == 2


def test_a_service_program_is_never_held() -> None:
    """Service messages run whatever leaks and whatever readiness says."""
    service = SHOP.programs["cross_sell"].model_copy(update={"kind": "service"})
    shop = SHOP.model_copy(update={"programs": {"cross_sell": service}})
    rng = np.random.default_rng(7)
    found = diagnose_shop(tables_of(SmallShop(wismo=6.0), rng), shop)

    assert found.ranking.first is not None
    assert [program.advice for program in found.programs] == ["run"]


@pytest.mark.parametrize(("changes", "headline", "waiting", "owner"), ANSWERS)
def test_no_promise_of_a_return(changes: dict[str, Any], headline: str, waiting: list[str], owner: str) -> None:
    """No page promises a return on investment, an uplift or savings (R38)."""
    content = diagnosis.content_of(diagnosed(changes))
    for page in (diagnosis.html_page(content), diagnosis.markdown_page(content)):
        text = page.lower()
        for word in ("roi", "return on investment", "uplift", "you will save", "will earn", "payback", "guarantee"):
            assert f" {word}" not in text
        assert "only" in text
        assert "holdout" in text
