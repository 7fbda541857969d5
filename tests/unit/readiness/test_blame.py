"""Who is blamed when parcels are late: the carrier, the region, or only where both meet."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

import pytest

from personalization.readiness.checks import CHECKS
from personalization.readiness.evidence import Count, NightEvidence
from personalization.readiness.findings import culprits, judge, shop_rate
from personalization.readiness.nights import LookedAtNight

ON_TIME = CHECKS["on_time_share"]
LIMITS = ON_TIME.limits


def counted(shares: Mapping[tuple[str, str], tuple[int, int]]) -> list[Count]:
    """Return counts of parcels: on time out of how many, by carrier and region."""
    return [
        Count(scopes=frozenset({f"carrier:{carrier}", f"region:{region}"}), numerator=on_time, denominator=parcels)
        for (carrier, region), (on_time, parcels) in shares.items()
    ]


GOOD = (196, 200)
BAD = (100, 200)
# what is on time, by carrier and region -> who is blamed, in this order
BLAME = {
    "all well": ({("a", "n"): GOOD, ("a", "s"): GOOD, ("b", "n"): GOOD, ("b", "s"): GOOD}, ()),
    "a carrier everywhere": (
        {("a", "n"): BAD, ("a", "s"): BAD, ("b", "n"): GOOD, ("b", "s"): GOOD},
        ("carrier:a",),
    ),
    "a region with every carrier": (
        {("a", "n"): BAD, ("a", "s"): GOOD, ("b", "n"): BAD, ("b", "s"): GOOD},
        ("region:n",),
    ),
    "a carrier everywhere and, apart from it, a region": (
        {("a", "s"): BAD, ("a", "w"): BAD, ("b", "n"): BAD, ("b", "s"): GOOD, ("b", "w"): GOOD},
        ("carrier:a", "region:n"),
    ),
    "one lane, of a carrier that is good elsewhere": (
        {("a", "n"): BAD, ("a", "s"): (980, 1000), ("b", "n"): GOOD, ("b", "s"): GOOD},
        ("region:n",),
    ),
    "a region with too few to tell": ({("a", "n"): (10, 29), ("a", "s"): (580, 600)}, ()),
    "a carrier with few, in a region with many": (
        {("a", "n"): (5, 20), ("b", "n"): (78, 80), ("b", "s"): GOOD},
        ("carrier:a",),
    ),
    "poor, but perhaps by chance": ({("a", "n"): (34, 40), ("b", "s"): GOOD}, ()),
}


@pytest.mark.parametrize("name", BLAME)
def test_who_is_blamed(name: str) -> None:
    """The scope that explains most is blamed, and what it explains is no longer laid on others."""
    shares, blamed = BLAME[name]

    assert culprits(ON_TIME, counted(shares), LIMITS) == blamed


WISMO = CHECKS["wismo_per_100_orders"]
# questions out of orders of the carrier that is held, and of the others -> the verdict, and of how many orders
REST = {
    "enough are left to show it": ((2, 400), (1, 400), "pass", 400),
    "too few are left, the whole shows it": ((1, 400), (0, 60), "pass", 460),
    "too few are left, and the whole does not show it either": ((20, 400), (0, 60), "hold", 60),
    "what is left is bad beyond doubt": ((1, 2000), (8, 60), "hold", 60),
}


@pytest.mark.parametrize("name", REST)
def test_what_is_left_of_the_shop(name: str) -> None:
    """What is held by itself is left out where the rest can still be judged."""
    held, others, verdict, orders = REST[name]
    counts = {
        "wismo_per_100_orders": (
            Count(scopes=frozenset({"carrier:bad"}), numerator=held[0], denominator=held[1]),
            Count(scopes=frozenset({"carrier:good"}), numerator=others[0], denominator=others[1]),
        )
    }
    night = LookedAtNight(index=0, night_on=date(2011, 11, 16), cutoff=datetime(2011, 11, 17), utc_offset=timedelta())
    evidence = NightEvidence(night=night, counts=counts, sources=(), carriers=(), present=frozenset())
    found = shop_rate(WISMO, evidence, WISMO.limits, frozenset({"carrier:bad"}))

    assert (found.verdict, found.denominator) == (verdict, orders)
    assert "carrier:bad" in found.reason


def test_the_order_of_counts_does_not_matter() -> None:
    """The same counts in another order blame the same."""
    counts = counted(BLAME["a carrier everywhere and, apart from it, a region"][0])

    assert culprits(ON_TIME, counts[::-1], LIMITS) == culprits(ON_TIME, counts, LIMITS)


def test_ids_of_what_went_wrong_are_kept() -> None:
    """A finding names at most five of the parcels that were late, in their order."""
    counts = [
        Count(scopes=frozenset(), numerator=90, denominator=100, ids=(f"s{number}", f"t{number}")) for number in "3142"
    ]

    assert judge(ON_TIME, counts, LIMITS).ids == ("s1", "s2", "s3", "s4", "t1")
