"""What a shop's context changes, and what peak does; tables to read (R42 to R44, R34)."""

from datetime import date
from pathlib import Path

import pytest

from personalization.contexts import CONTEXTS, from_context
from personalization.errors import ConfigurationInvalid
from personalization.readiness import CHECKS, limits_of
from personalization.readiness.checks import required_checks
from personalization.settings import SERVICE_PROGRAMS, Shop, load_shop

PLAIN = """
name = "A shop"
timezone = "Europe/London"
owner = "the owner"
{context}
[brand]
site_url = "https://shop.example"
support_url = "https://shop.example/help"
postal_address = "1 Example Street, London"
"""
PROGRAMS = """
[programs.onboarding]
metric = "tickets"
recurrence = "nightly"
requires = ["on_time_share"]
"""
# context: its programs beside service, messages in 7 and 30 days, when the refund share holds (times what is usual),
# checks that cross-sell needs and onboarding does not
TABLE = [
    ("lean_smb", {"onboarding", "replenishment"}, (1, 3), 1.5, set()),
    (
        "high_return_or_high_aov",
        {"onboarding", "replenishment", "cross_sell", "exchange_follow_up", "claim_follow_up"},
        (2, 5),
        1.25,
        {"refund_share", "return_rate", "approval_to_refund_days", "claim_share", "wismo_per_100_orders"},
    ),
    (
        "retention_dtc",
        {"onboarding", "replenishment", "cross_sell", "win_back", "loyalty"},
        (3, 8),
        1.5,
        {"refund_share", "return_rate", "message_pressure", "wismo_per_100_orders"},
    ),
]


def shop(folder: Path, text: str = "", context: str | None = None) -> Shop:
    """Return the settings of a shop with a context, and what it says itself."""
    path = folder / "shop.toml"
    path.write_text(PLAIN.format(context=f'context = "{context}"' if context else "") + text, encoding="utf-8")
    return load_shop(path)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_contexts(tmp_path: Path, row: tuple[str, set[str], tuple[int, int], float, set[str]]) -> None:
    """Each context has its own programs, gates and budget, and every name in it is known."""
    context, programs, budget, refunds_hold, only_cross_sell = row
    found = shop(tmp_path, context=context)

    assert set(found.programs) == {*programs, *SERVICE_PROGRAMS}
    assert {program.owner for program in found.programs.values()} == {"the owner"}
    assert (found.budget.marketing_per_7_days, found.budget.marketing_per_30_days) == budget
    assert limits_of(found.thresholds)["refund_share"]["hold"] == refunds_hold
    assert required_checks(found.programs)
    if "cross_sell" in programs:
        needed = set(found.programs["cross_sell"].requires) - set(found.programs["onboarding"].requires)
        assert needed == only_cross_sell


def test_every_context_is_in_the_table() -> None:
    """A new context has to say what it changes."""
    assert {name for name, *_ in TABLE} == set(CONTEXTS)


def test_the_shop_overrides_key_by_key(tmp_path: Path) -> None:
    """What the shop says itself wins, and the rest of the preset stays; what came from the preset is named."""
    text = '[budget]\nmarketing_per_7_days = 2\n[programs.onboarding]\nowner = "care"\n'
    found = shop(tmp_path, text, context="lean_smb")

    assert (found.budget.marketing_per_7_days, found.budget.marketing_per_30_days) == (2, 3)
    assert (found.programs["onboarding"].owner, found.programs["replenishment"].owner) == ("care", "the owner")
    assert found.programs["onboarding"].kind == "education"
    given = {
        "context": "lean_smb",
        "budget": {"marketing_per_7_days": 2},
        "programs": {"onboarding": {"owner": "care"}},
    }
    taken = from_context(given)
    assert "budget.marketing_per_30_days" in taken
    assert "budget.marketing_per_7_days" not in taken
    assert "programs.onboarding.requires" in taken
    assert "programs.replenishment.metric" in taken


def test_a_program_of_the_preset_needs_an_owner(tmp_path: Path) -> None:
    """Nobody owns what nobody was named for (R2, R32)."""
    path = tmp_path / "shop.toml"
    path.write_text(PLAIN.format(context='context = "lean_smb"').replace('owner = "the owner"', ""), encoding="utf-8")

    with pytest.raises(ConfigurationInvalid, match=r"programs\.onboarding\.owner: is required"):
        load_shop(path)


def test_an_unknown_context(tmp_path: Path) -> None:
    """The error names the contexts that there are."""
    with pytest.raises(ConfigurationInvalid, match=r"shop.toml: context: .*'lean_smb'"):
        shop(tmp_path, PROGRAMS, context="lean")


def test_without_a_context_nothing_is_preset(tmp_path: Path) -> None:
    """A shop without a context has the programs that it names."""
    assert set(shop(tmp_path, PROGRAMS).programs) == {"onboarding"}
    assert from_context({"budget": {}}) == []


PEAK = """
[[peak]]
name = "Black Friday"
from = 2011-11-21
to = 2011-11-28
"""
# the day -> on time passes from, questions per 100 orders hold over, messages in 7 days
PEAK_DAYS = [
    (date(2011, 11, 20), 0.93, 3, 3),
    (date(2011, 11, 21), 0.95, 2.4, 2),
    (date(2011, 11, 28), 0.95, 2.4, 2),
    (date(2011, 11, 29), 0.93, 3, 3),
]


@pytest.mark.parametrize(("day", "on_time", "questions", "messages"), PEAK_DAYS)
def test_peak(tmp_path: Path, day: date, on_time: float, questions: float, messages: int) -> None:
    """From its first to its last day thresholds are stricter and the contact budget is lower."""
    found = shop(tmp_path, PROGRAMS + PEAK).on(day)
    limits = limits_of(found.thresholds)

    assert limits["on_time_share"]["pass"] == on_time
    assert limits["wismo_per_100_orders"]["hold"] == questions
    assert found.budget.marketing_per_7_days == messages


def test_what_peak_does_can_be_said_and_is_never_looser(tmp_path: Path) -> None:
    """The peak's own words win; without them the shop's stricter limit stays."""
    strict = "[thresholds.on_time_share]\npass = 0.99\nhold = 0.98\n[budget]\nmarketing_per_7_days = 1\n"
    stays = shop(tmp_path, PROGRAMS + strict + PEAK).on(date(2011, 11, 25))
    own = PEAK + "thresholds = { refund_share = { hold = 1.3 } }\nbudget = { marketing_per_7_days = 0 }\n"
    said = shop(tmp_path, PROGRAMS + own).on(date(2011, 11, 25))

    assert limits_of(stays.thresholds)["on_time_share"] == {"pass": 0.99, "hold": 0.98}
    assert stays.budget.marketing_per_7_days == 1
    assert limits_of(said.thresholds)["refund_share"]["hold"] == 1.3
    assert said.budget.marketing_per_7_days == 0
    assert "on_time_share" in CHECKS


def test_a_peak_that_ends_before_it_begins(tmp_path: Path) -> None:
    """The error names both days and the fix."""
    with pytest.raises(ConfigurationInvalid, match="before it begins on 2011-11-28; swap from and to"):
        shop(tmp_path, PROGRAMS + PEAK.replace("2011-11-28", "2011-11-01").replace("2011-11-21", "2011-11-28"))
