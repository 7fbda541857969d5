"""Is the costliest problem ranked first? Over random small shops in which one problem was planted.

    python benchmarks/diagnosis.py [--worlds 100] > benchmarks/results/diagnosis.json

Each world is a shop of some thousand orders in two years. Its rates, order values and unit costs are drawn anew; then
one of the six problems, in turn, is raised until it costs 1.2 to 5 times what the next one does. The diagnosis knows
none of that: it sees tickets, refunds, claims and orders, and assumes the costs that ship. A world counts where the
interval of the first problem overlaps with none of the others; where it does, money alone does not decide.
"""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from personalization import diagnosis, journey
from personalization.contracts import TABLES
from personalization.settings import Diagnosis as Assumed
from personalization.settings import Shop, load_shop
from personalization.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[1]
CUTOFF = datetime(2026, 1, 1)  # noqa: DTZ001 - instants are naive UTC
RUN_DATE = date(2025, 12, 31)
DAYS = 730
WINDOW_DAYS = 90
PROBLEMS = ("tracking", "returns", "claims", "support", "retention", "trust")
PRESENT = frozenset(TABLES)
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
_STATES = ("confirmed", "packed", "in_transit", "delivered", "stalled", "return_requested")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallShop:
    """A shop by its rates, all per 100 orders but repeat_share (of buyers, within a year), and by what things cost it.

    What a shop's owner would know and the diagnosis does not: ticket_cost, hour_cost, processing_cost.
    """

    buyers: int = 6_000
    product_type: str = "fashion"
    order_value: float = 60.0
    margin_share: float = 0.5
    wismo: float = 1.0
    delivery_refunds: float = 0.3
    returns: float = 18.0
    refunded_share: float = 0.7
    claims: float = 0.3
    repeat_tickets: float = 1.2
    ticket_minutes: float = 10.0
    chargebacks: float = 0.1
    repeat_share: float = 0.25
    ticket_cost: float = 15.0
    hour_cost: float = 25.0
    processing_cost: float = 15.0

    def unit_costs(self) -> dict[str, float]:
        """Return what one more of 100 of each problem costs the shop, in its currency."""
        hour = self.hour_cost / 60
        return {
            "tracking": self.ticket_cost,
            "returns": self.processing_cost + self.refunded_share * self.order_value * self.margin_share,
            "claims": 0.8 * self.order_value + 20 * hour,
            "support": self.ticket_minutes * hour,
            "retention": self.order_value * self.margin_share,
            "trust": 0.7 * self.order_value + 15,
        }

    def true_leaks(self, assumed: Assumed) -> dict[str, float]:
        """Return what each problem truly leaks over the usual level, per 100 orders."""
        costs = self.unit_costs()
        target = _target(assumed, self.product_type)
        first_orders = 100 / (1 + self.repeat_share)
        refunds = (self.delivery_refunds - assumed.usual_delivery_refunds) * self.order_value
        leaks = {
            "tracking": (self.wismo - assumed.usual_wismo) * costs["tracking"] + refunds,
            "returns": (self.returns - _usual_returns(assumed, self.product_type)) * costs["returns"],
            "claims": (self.claims - assumed.usual_claims) * costs["claims"],
            "support": (self.repeat_tickets - assumed.usual_repeat_tickets) * costs["support"],
            "retention": (target - self.repeat_share) * first_orders * costs["retention"],
            "trust": (self.chargebacks - assumed.usual_chargebacks) * costs["trust"],
        }
        return {name: max(0.0, leak) for name, leak in leaks.items()}


def _usual_returns(assumed: Assumed, product_type: str) -> float:
    return {str(name): rate for name, rate in assumed.usual_returns.items()}[product_type]


def _target(assumed: Assumed, product_type: str) -> float:
    return {str(name): share for name, share in assumed.target_repeat_share.items()}[product_type]


def random_shop(rng: np.random.Generator, planted: str, assumed: Assumed) -> SmallShop:
    """Return a shop whose rates lie about the usual ones, with one problem raised over all others."""
    types = ("fashion", "consumable", "considered", "durable")
    kind = types[int(rng.integers(len(types)))]
    usual_returns = _usual_returns(assumed, kind)
    target = _target(assumed, kind)
    shop = SmallShop(
        buyers=int(rng.integers(4_000, 9_000)),
        product_type=kind,
        order_value=float(rng.uniform(25, 120)),
        margin_share=float(rng.uniform(0.4, 0.6)),
        wismo=assumed.usual_wismo * float(rng.uniform(0.4, 1.5)),
        delivery_refunds=assumed.usual_delivery_refunds * float(rng.uniform(0.2, 1.2)),
        returns=usual_returns * float(rng.uniform(0.5, 1.1)),
        refunded_share=float(rng.uniform(0.5, 0.9)),
        claims=assumed.usual_claims * float(rng.uniform(0.3, 1.3)),
        repeat_tickets=assumed.usual_repeat_tickets * float(rng.uniform(0.3, 1.5)),
        ticket_minutes=float(rng.uniform(6, 14)),
        chargebacks=assumed.usual_chargebacks * float(rng.uniform(0.2, 1.3)),
        repeat_share=target * float(rng.uniform(0.95, 1.4)),
        ticket_cost=float(rng.uniform(10, 25)),
        hour_cost=float(rng.uniform(16, 40)),
        processing_cost=float(rng.uniform(10, 20)),
    )
    return _planted(shop, planted, assumed, times=float(rng.uniform(1.2, 5)))


def _planted(shop: SmallShop, planted: str, assumed: Assumed, *, times: float) -> SmallShop:
    """Return the shop with *planted* leaking *times* what the next problem does, at least 1 % of what it sells."""
    others = [leak for name, leak in shop.true_leaks(assumed).items() if name != planted]
    wanted = times * max(*others, shop.order_value)
    cost = shop.unit_costs()[planted]
    if planted == "retention":
        target = _target(assumed, shop.product_type)
        return replace(shop, repeat_share=max(0.01, target - wanted * (1 + target) / 100 / cost))
    usual = {
        "tracking": assumed.usual_wismo,
        "returns": _usual_returns(assumed, shop.product_type),
        "claims": assumed.usual_claims,
        "support": assumed.usual_repeat_tickets,
        "trust": assumed.usual_chargebacks,
    }[planted]
    column = {
        "tracking": "wismo",
        "returns": "returns",
        "claims": "claims",
        "support": "repeat_tickets",
        "trust": "chargebacks",
    }[planted]
    return replace(shop, **{column: min(90.0, usual + wanted / cost)})


def tables_of(shop: SmallShop, rng: np.random.Generator) -> dict[str, pa.Table]:
    """Return the canonical tables of a shop until CUTOFF, drawn from its rates."""
    placed, customer = _orders(shop, rng)
    count = len(placed)
    order = pa.array([f"o{place:06d}" for place in range(count)])
    who = pa.array([f"c{place:06d}" for place in customer])
    value = np.maximum(100, rng.lognormal(np.log(shop.order_value * 100) - 0.08, 0.4, count)).astype(np.int64)
    delivered = placed + (rng.uniform(2, 4, count) * _DAY).astype(np.int64)
    margin_cost = int(10_000 * (1 - shop.margin_share))
    tables = {
        "orders": {
            "order_id": order,
            "customer_id": who,
            "placed_at": _instant(placed),
            "currency": ["GBP"] * count,
            "total_cents": value,
            "financial_status": ["paid"] * count,
            "promised_by_on": _instant(delivered).cast(pa.date32()),
        },
        "order_lines": {
            "order_line_id": order,
            "order_id": order,
            "sku": ["thing"] * count,
            "qty": [1] * count,
            "unit_price_cents": value,
        },
        "products": {
            "sku": ["thing"],
            "title": ["A thing"],
            "product_type": [shop.product_type],
            "price_cents": [10_000],
            "cost_cents": [margin_cost],
            "currency": ["GBP"],
            "status": ["active"],
        },
        "shipments": {
            "shipment_id": order,
            "order_id": order,
            "carrier": ["post"] * count,
            "shipped_at": _instant(placed + _DAY),
            "status": ["delivered"] * count,
            "delivered_at": _instant(delivered),
        },
    }
    tables |= _failures(shop, rng, placed=placed, delivered=delivered, value=value, order=order, who=who)
    tables |= _written()
    return {name: pa.table(columns) for name, columns in tables.items()}


def _orders(shop: SmallShop, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return when orders were placed and by whom: a first one each, and a second one for whom it comes in time."""
    end = int((CUTOFF - datetime(1970, 1, 1)).total_seconds()) * _SECOND  # noqa: DTZ001
    first = end - (rng.uniform(0, DAYS, shop.buyers) * _DAY).astype(np.int64)
    rate = -np.log(max(1e-9, 1 - min(shop.repeat_share, 0.99))) / 365
    wait = np.maximum(1.01, rng.exponential(1 / max(rate, 1e-9), shop.buyers))
    second = first + (np.minimum(wait, 10 * DAYS) * _DAY).astype(np.int64)
    comes = second < end
    people = np.arange(shop.buyers)
    return np.concatenate([first, second[comes]]), np.concatenate([people, people[comes]])


def _failures(
    shop: SmallShop,
    rng: np.random.Generator,
    *,
    placed: np.ndarray,
    delivered: np.ndarray,
    value: np.ndarray,
    order: pa.Array,
    who: pa.Array,
) -> dict[str, dict[str, Any]]:
    """Return tickets, returns, refunds, claims and chargebacks, each struck by its rate."""
    end = int((CUTOFF - datetime(1970, 1, 1)).total_seconds()) * _SECOND  # noqa: DTZ001

    def struck(rate: float, days: float, since: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return which orders something happens to, and when."""
        times = rng.poisson(rate / 100, len(placed))
        hit = np.repeat(np.arange(len(placed)), times)
        at = since[hit] + (rng.uniform(0.1, days, len(hit)) * _DAY).astype(np.int64)
        return hit[at < end], at[at < end]

    wismo, wismo_at = struck(shop.wismo, 2, placed + _DAY)
    asked, asked_at = struck(shop.repeat_tickets, 10, delivered)
    hit, at = np.concatenate([wismo, asked]), np.concatenate([wismo_at, asked_at])
    kinds = ["wismo"] * len(wismo) + list(rng.choice(["return", "exchange", "refund"], len(asked)))
    back, back_at = struck(shop.returns, 14, delivered)
    is_refund = rng.random(len(back)) < shop.refunded_share
    money, money_at = struck(shop.delivery_refunds, 6, delivered)
    claim, claim_at = struck(shop.claims, 20, delivered)
    paid = rng.random(len(claim)) < 0.8
    bank, bank_at = struck(shop.chargebacks, 40, delivered)
    lost = rng.random(len(bank)) < 0.7
    return {
        "tickets": {
            "ticket_id": [f"t{place}" for place in range(len(hit))],
            "customer_id": who.take(pa.array(hit)),
            "order_id": order.take(pa.array(hit)),
            "status": ["solved"] * len(hit),
            "reason": kinds,
            "created_at": _instant(at),
            "first_reply_at": _instant(at + _DAY // 24),
            "resolved_at": _instant(at + _DAY // 12),
            "handle_minutes": rng.poisson(shop.ticket_minutes, len(hit)).astype(np.int64),
        },
        "returns": {
            "return_id": [f"r{place}" for place in range(len(back))],
            "order_id": order.take(pa.array(back)),
            "state": ["closed"] * len(back),
            "requested_at": _instant(back_at),
            "outcome": np.where(is_refund, "refund", "exchange"),
        },
        "refunds": {
            "refund_id": [f"m{place}" for place in range(len(money))],
            "order_id": order.take(pa.array(money)),
            "amount_cents": value[money],
            "reason": ["late delivery"] * len(money),
            "refunded_at": _instant(money_at),
        },
        "claims": {
            "claim_id": [f"k{place}" for place in range(len(claim))],
            "order_id": order.take(pa.array(claim)),
            "type": ["damaged"] * len(claim),
            "state": ["resolved"] * len(claim),
            "opened_at": _instant(claim_at),
            "decided_at": _instant(claim_at + _DAY // 2),
            "outcome": np.where(paid, "refund", "denied"),
            "amount_cents": value[claim],
        },
        "chargebacks": {
            "chargeback_id": [f"b{place}" for place in range(len(bank))],
            "order_id": order.take(pa.array(bank)),
            "reason": ["product_not_received"] * len(bank),
            "opened_at": _instant(bank_at),
            "outcome": np.where(lost, "lost", "won"),
        },
    }


def _written() -> dict[str, dict[str, Any]]:
    """Return a policy and touchpoints without gaps or contradictions."""
    return {
        "policies": {
            "policy_id": ["returns"],
            "version": ["1"],
            "valid_from_on": pa.array([RUN_DATE - timedelta(days=90)]),
            "window_days": [30],
            "is_exchange_first": [True],
            "refund_sla_days": [14],
            "owner": ["returns owner"],
        },
        "touchpoints": {
            "touchpoint": ["emails"] * len(_STATES) + ["tracking page"] * len(_STATES),
            "state": [*_STATES, *_STATES],
            "next_step": [f"step {state}" for state in (*_STATES, *_STATES)],
            "owner": ["support lead"] * 2 * len(_STATES),
            "last_reviewed_on": pa.array([RUN_DATE - timedelta(days=30)] * 2 * len(_STATES)),
        },
    }


def _instant(microseconds: np.ndarray) -> pa.Array:
    return pa.array(microseconds, type=pa.int64()).cast(pa.timestamp("us"))


def diagnose_shop(
    tables: Mapping[str, pa.Table],
    settings: Shop,
    *,
    readiness: list[dict[str, Any]] | None = None,
    days_ago: int = 0,
) -> diagnosis.Diagnosis:
    """Return the diagnosis of canonical tables *days_ago* before CUTOFF; all canonical tables count as there."""
    back = timedelta(days=days_ago)
    with Warehouse() as warehouse:
        warehouse.load_canonical(Path("nowhere"))
        for name, table in tables.items():
            warehouse.connection.register("arriving", table)
            warehouse.connection.execute(f'INSERT INTO "{name}" BY NAME SELECT * FROM arriving')  # noqa: S608 - a name of ours
            warehouse.connection.unregister("arriving")
        journey.build_journey(warehouse, cutoff=CUTOFF - back)
        return diagnosis.diagnose(
            warehouse,
            run_date=RUN_DATE - back,
            cutoff=CUTOFF - back,
            present=PRESENT,
            shop=settings,
            readiness=readiness or [],
        )


def measure(worlds: int, *, seed: int = 1) -> dict[str, Any]:
    """Return over *worlds* random shops how often the costliest problem is ranked first, and where it is not."""
    settings = load_shop(ROOT / "shop.toml")
    started = time.perf_counter()
    rows = [_world(place, seed, settings) for place in range(worlds)]
    apart = [row for row in rows if not row["is_overlapping"]]
    return {
        "worlds": worlds,
        "seed": seed,
        "apart": len(apart),
        "apart_and_right": sum(row["is_right"] for row in apart),
        "overlapping": worlds - len(apart),
        "overlapping_and_right": sum(row["is_right"] for row in rows if row["is_overlapping"]),
        "nothing_evident": sum(row["found"] is None for row in rows),
        "by_planted": {
            name: {
                "right": sum(row["is_right"] for row in rows if row["planted"] == name),
                "of": sum(row["planted"] == name for row in rows),
            }
            for name in PROBLEMS
        },
        "wrong": [row for row in apart if not row["is_right"]],
        "seconds_a_world": round((time.perf_counter() - started) / worlds, 2),
    }


def _world(place: int, seed: int, settings: Shop) -> dict[str, Any]:
    rng = np.random.default_rng([seed, place])
    planted = PROBLEMS[place % len(PROBLEMS)]
    shop = random_shop(rng, planted, settings.diagnosis)
    truth = shop.true_leaks(settings.diagnosis)
    found = diagnose_shop(tables_of(shop, rng), settings)
    first = found.ranking.first
    top, *others = found.ranking.leaks
    costliest = max(truth, key=lambda name: truth[name])
    return {
        "world": place,
        "planted": planted,
        "costliest": costliest,
        "found": first.problem if first else None,
        "is_right": first is not None and first.problem == costliest,
        "is_overlapping": first is None or top.leak.low_cents <= max(leak.leak.high_cents for leak in others),
    }


def main() -> None:
    """Measure and print JSON."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--worlds", type=int, default=100)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    print(json.dumps(measure(given.worlds, seed=given.seed), indent=2, sort_keys=True))


if __name__ == "__main__":
    main()
