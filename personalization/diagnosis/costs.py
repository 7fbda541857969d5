"""Puts a price on what was counted, one function a problem (R14). Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from personalization.diagnosis.evidence import Evidence
from personalization.diagnosis.intervals import Estimate, came_back
from personalization.diagnosis.leaks import (
    MINIMUM_ORDERS,
    NOTHING,
    Amount,
    Leak,
    Money,
    Part,
    Three,
    leak_of,
    product,
    times,
    unknown_leak,
)
from personalization.diagnosis.problems import PROBLEMS
from personalization.settings import Diagnosis

WITHIN_DAYS = 365  # T5: the share that orders again within a year is the figure that can be compared
_ONE: Three = (1.0, 1.0, 1.0)
_T4_WARN = 1.25  # T4: a shop that was better than the benchmark is measured by its own past, with a quarter's leeway


def leaks_of(evidence: Evidence, assumed: Diagnosis) -> tuple[Leak, ...]:
    """Return what is known of each of the six problems."""
    return tuple(_known(name, price, evidence, assumed) for name, price in PRICES.items())


def _known(name: str, price: Callable[[Evidence, Diagnosis], Leak], evidence: Evidence, assumed: Diagnosis) -> Leak:
    missing = [table for table in PROBLEMS[name].needs if table not in evidence.present]
    if missing:
        return unknown_leak(name, f"The data folder has no {', '.join(missing)}.")
    if evidence.orders < MINIMUM_ORDERS:
        few = f"Only {evidence.orders} orders in {evidence.window_days} days; {MINIMUM_ORDERS} are needed."
        return unknown_leak(name, few)
    customers, touches = evidence.friction.get(name, (0, 0))
    return replace(price(evidence, assumed), customers=customers, touches=touches)


def tracking(evidence: Evidence, assumed: Diagnosis) -> Leak:
    """Return what questions about parcels and refunds because of the delivery cost."""
    found = evidence.amounts["tracking"]
    wismo, refunds = found.get("wismo", NOTHING), found.get("refund", NOTHING)
    per_order = evidence.orders / 100
    return leak_of(
        "tracking",
        [
            Part(amount=wismo, unit_cents=times(assumed.cost_per_ticket, 100), usual=assumed.usual_wismo * per_order),
            Part(
                amount=refunds,
                unit_cents=_ONE,
                usual=assumed.usual_delivery_refunds * per_order,
                typical=evidence.average_cents,
            ),
        ],
        events=wismo.events,
        orders=evidence.orders,
        usual_per_100=assumed.usual_wismo,
        per=evidence.per_30_days,
        assumptions=[
            f"A ticket costs {_three(assumed.cost_per_ticket)} (T1).",
            f"Usual are {assumed.usual_wismo:g} such tickets per 100 orders (T1).",
            f"Usual are {assumed.usual_delivery_refunds:g} refunds because of the delivery (our choice).",
        ],
        detail=f"{refunds.events:,} refunds because of the delivery.",
    )


def returns(evidence: Evidence, assumed: Diagnosis) -> Leak:
    """Return what refunded margin and the processing of returns cost."""
    found = evidence.amounts["returns"]
    came, margin, unmatched = (found.get(name, NOTHING) for name in ("return", "margin", "unmatched"))
    usual = usual_returns(evidence, assumed)
    fraction = usual / came.events if came.events else 0.0
    unknown = 1 - evidence.known_margin_share
    return leak_of(
        "returns",
        [
            Part(amount=came, unit_cents=times(assumed.return_processing_cost, 100), usual=usual),
            Part(
                amount=margin,
                unit_cents=_widened(assumed.margin_share, unknown),
                usual=fraction * margin.events,
                typical=evidence.average_margin_cents,
            ),
            # money without goods: at least its margin is lost, at most all of it
            Part(amount=unmatched, unit_cents=(assumed.margin_share[0], assumed.margin_share[1], 1.0), typical=0.0),
        ],
        events=came.events,
        orders=evidence.orders,
        usual_per_100=100 * usual / evidence.orders,
        per=evidence.per_30_days,
        assumptions=[
            f"A return costs {_three(assumed.return_processing_cost)} to process.",
            *_margins(evidence, assumed),
            "Usual is the category's benchmark (T4), or 1.25 times the shop's own days before where that is less.",
        ],
        detail=f"{margin.events:,} refunded; {unmatched.events:,} refunds without a return, claim or lost parcel.",
    )


def usual_returns(evidence: Evidence, assumed: Diagnosis) -> float:
    """Return how many returns are usual: by product type, the benchmark or the shop's own past, whichever is less."""
    before: dict[str, int] = {}
    for row in evidence.return_rows:
        if row["component"] == "before":
            before[row["product_type"]] = int(row["events"])
    return sum(_usual_of_type(row, before.get(row["product_type"], 0), assumed) for row in evidence.base)


def _usual_of_type(row: Mapping[str, object], returned_before: int, assumed: Diagnosis) -> float:
    orders, orders_before = int(str(row["orders"])), int(str(row["orders_before"]))
    per_100 = usual_return_rate(str(row["product_type"]), assumed)
    if orders_before >= 10 * MINIMUM_ORDERS:  # our choice: with fewer orders the past is chance itself
        per_100 = min(per_100, _T4_WARN * 100 * returned_before / orders_before)
    return orders * per_100 / 100


def usual_return_rate(product_type: str, assumed: Diagnosis) -> float:
    """Return how many of 100 orders of a type usually come back."""
    usual: Mapping[str, float] = {str(name): rate for name, rate in assumed.usual_returns.items()}
    return usual.get(product_type, usual.get("unknown", 19.0))  # T4: all online


def claims(evidence: Evidence, assumed: Diagnosis) -> Leak:
    """Return what claims paid and the hours that they took cost."""
    found = evidence.amounts["claims"]
    paid, undecided, minutes, unmeasured = (
        found.get(name, NOTHING) for name in ("claim", "undecided", "minutes", "unmeasured")
    )
    usual = assumed.usual_claims * evidence.orders / 100
    fraction = usual / paid.events if paid.events else 0.0
    minute = times(assumed.hourly_cost, 100 / 60)
    decided = Amount(events=paid.events, total=float(paid.events), squares=float(paid.events))
    parts = [
        Part(amount=paid, unit_cents=_ONE, usual=usual, typical=evidence.average_cents),
        Part(amount=undecided, unit_cents=(0.0, 0.0, 1.0), usual=fraction * undecided.events, typical=0.0),
        Part(amount=decided, unit_cents=product(assumed.claim_minutes, minute), usual=usual),
        Part(amount=minutes, unit_cents=minute, usual=fraction * minutes.events, typical=assumed.handle_minutes[1]),
        Part(
            amount=unmeasured,
            unit_cents=product(assumed.handle_minutes, minute),
            usual=fraction * unmeasured.events,
            typical=0.0,
        ),
    ]
    found_leak = leak_of(
        "claims",
        parts,
        events=paid.events,
        orders=evidence.orders,
        usual_per_100=assumed.usual_claims,
        per=evidence.per_30_days,
        assumptions=[
            f"An hour of work costs {_three(assumed.hourly_cost)}.",
            f"A claim takes {_three(assumed.claim_minutes)} minutes beside its tickets (our choice).",
            f"Usual are {assumed.usual_claims:g} per 100 orders (our choice; no public figure was found).",
            "What is undecided is paid in the highest case only.",
        ],
        detail=f"{undecided.events:,} undecided.",
    )
    if paid.events * evidence.per_30_days >= assumed.min_claims_per_30_days:
        return found_leak
    few = f"Fewer than {assumed.min_claims_per_30_days:g} in 30 days: they can be handled by hand (R10)."
    return replace(found_leak, leak=replace(found_leak.leak, low_cents=0), detail=few)


def support(evidence: Evidence, assumed: Diagnosis) -> Leak:
    """Return what repeated questions cost in handling time."""
    found = evidence.amounts["support"]
    minutes, unmeasured = found.get("minutes", NOTHING), found.get("unmeasured", NOTHING)
    events = minutes.events + unmeasured.events
    usual = assumed.usual_repeat_tickets * evidence.orders / 100
    fraction = usual / events if events else 0.0
    minute = times(assumed.hourly_cost, 100 / 60)
    return leak_of(
        "support",
        [
            Part(
                amount=minutes,
                unit_cents=minute,
                usual=fraction * minutes.events,
                typical=assumed.handle_minutes[1],
            ),
            Part(
                amount=unmeasured,
                unit_cents=product(assumed.handle_minutes, minute),
                usual=fraction * unmeasured.events,
                typical=0.0,
            ),
        ],
        events=events,
        orders=evidence.orders,
        usual_per_100=assumed.usual_repeat_tickets,
        per=evidence.per_30_days,
        assumptions=[
            f"An hour of work costs {_three(assumed.hourly_cost)}.",
            *(
                [f"{unmeasured.events:,} tickets without a handle time take {_three(assumed.handle_minutes)} minutes."]
                if unmeasured.events
                else []
            ),
            f"Usual are {assumed.usual_repeat_tickets:g} per 100 orders (our choice).",
        ],
    )


def trust(evidence: Evidence, assumed: Diagnosis) -> Leak:
    """Return what chargebacks cost."""
    found = evidence.amounts["trust"]
    lost, still_open, won = (found.get(name, NOTHING) for name in ("lost", "open", "won"))
    events = lost.events + still_open.events + won.events
    usual = assumed.usual_chargebacks * evidence.orders / 100
    fraction = usual / events if events else 0.0
    every = Amount(events=events, total=float(events), squares=float(events))
    return leak_of(
        "trust",
        [
            Part(amount=lost, unit_cents=_ONE, usual=fraction * lost.events, typical=evidence.average_cents),
            Part(amount=still_open, unit_cents=(0.0, 1.0, 1.0), usual=fraction * still_open.events, typical=0.0),
            Part(amount=every, unit_cents=times(assumed.chargeback_fee, 100), usual=usual),
        ],
        events=events,
        orders=evidence.orders,
        usual_per_100=assumed.usual_chargebacks,
        per=evidence.per_30_days,
        assumptions=[
            f"The bank's fee is {_three(assumed.chargeback_fee)} for each.",
            "What is still open is won in the lowest case and lost in the others.",
            f"Usual are {assumed.usual_chargebacks:g} per 100 orders (our choice).",
        ],
        detail=f"{lost.events:,} lost, {still_open.events:,} open, {won.events:,} won.",
    )


def retention(evidence: Evidence, assumed: Diagnosis) -> Leak:
    """Return what buyers who do not order again would have left."""
    actual, followed = repeat_share(evidence)
    if followed < MINIMUM_ORDERS:
        why = f"Only {followed} first-time buyers could be followed for a year; {MINIMUM_ORDERS} are needed."
        return unknown_leak("retention", why)
    buyers = sum(int(row["first_orders"]) for row in evidence.base)
    target = target_share(evidence, assumed)
    low, likely, high = _widened(assumed.margin_share, 1 - evidence.known_margin_share)
    per_buyer = evidence.average_margin_cents * buyers * evidence.per_30_days
    cents = [
        round(max(0.0, gap) * per_buyer * unit)
        for gap, unit in ((target - actual.high, low), (target - actual.value, likely), (target - actual.low, high))
    ]
    money = Money(low_cents=cents[0], likely_cents=cents[1], high_cents=cents[2])
    return Leak(
        problem="retention",
        events=round(max(0.0, target - actual.value) * buyers),
        per_100=Estimate(value=100 * actual.value, low=100 * actual.low, high=100 * actual.high),
        usual_per_100=100 * target,
        cost=money,
        leak=money,
        assumptions=(
            f"Asked are {100 * target:.1f} of 100 buyers by the mix of product types (T5).",
            f"{followed:,} buyers were followed for a whole year, the others for as long as they could be.",
            "Each of them would order once, for what an order leaves on average.",
            *_margins(evidence, assumed),
            "Who bought before the data begin counts as a new buyer.",
        ),
        detail=f"{buyers:,} first-time buyers in {evidence.window_days} days.",
    )


def repeat_share(evidence: Evidence, product_type: str | None = None) -> tuple[Estimate, int]:
    """Return the share of buyers that orders again within a year, and how many were followed for that long."""
    rows = [row for row in evidence.retention if product_type is None or row["product_type"] == product_type]
    return came_back(
        [row["day"] for row in rows],
        [row["returned"] for row in rows],
        [row["ended"] for row in rows],
        within=WITHIN_DAYS,
    )


def target_share(evidence: Evidence, assumed: Diagnosis) -> float:
    """Return the share of buyers that should order again, by what first orders hold most of."""
    targets: Mapping[str, float] = {str(name): share for name, share in assumed.target_repeat_share.items()}
    usual = targets.get("unknown", 0.188)  # T5
    buyers = {row["product_type"]: int(row["first_orders"]) for row in evidence.base}
    everyone = sum(buyers.values())
    if not everyone:
        return usual
    return sum(count * targets.get(kind, usual) for kind, count in buyers.items()) / everyone


PRICES: Mapping[str, Callable[[Evidence, Diagnosis], Leak]] = {
    "tracking": tracking,
    "returns": returns,
    "claims": claims,
    "support": support,
    "retention": retention,
    "trust": trust,
}


def _widened(margin: Three, unknown_share: float) -> Three:
    """Return the factors on money that was counted with known margins and, for a share of it, the likeliest one."""
    low, likely, high = margin
    if likely <= 0:
        return _ONE
    return (1 + unknown_share * (low / likely - 1), 1.0, 1 + unknown_share * (high / likely - 1))


def _margins(evidence: Evidence, assumed: Diagnosis) -> list[str]:
    unknown = 1 - evidence.known_margin_share
    if unknown < 0.005:
        return []
    return [f"The margin of {unknown:.0%} of the orders is not known and taken as {_three(assumed.margin_share)}."]


def _three(unit: Three) -> str:
    low, likely, high = unit
    return f"{likely:g}" if low == high else f"{low:g} to {high:g}, likeliest {likely:g}"
