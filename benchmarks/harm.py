"""Whom does a night write to that it should leave alone, and whom does it leave out for nothing? Judged by the truth.

    python benchmarks/harm.py [--seeds 20] [--customers 100000] [--kept FOLDER] > benchmarks/results/harm.json

Each seed is a simulated shop with every exception on. Eight nights, a week apart, run as it does in a shop:
snapshot of what was known, journey, scores, audiences; what it would send is recorded and known to the next night.
The programs are those that the usual flow has as well. Every readiness gate is left open, so nothing but the rules
about people and orders stands between them and a message.
Beside it, on the same nights and data, the flow that email tools ship: fulfilled, so many days later, unless the person
unsubscribed, is suppressed or bounced, or ordered again.

A message is harm where the simulator's ``truth/left_alone.parquet`` says, for the day on which it would arrive, that a
message of its program about its order and items would be wrong (certainty ``must``). It was knowable where the shop's
own data told of it by the end of the night; the rest is counted apart. A subject is wrongly left out where a rule
objects and the truth, of neither certainty, knows anything against it, nor looked as if there were something. What is
no objection is not judged: arbitration, holdouts, days of rest, messages that were sent before, and that confidence
comes before an upsell (R18), for the truth does not know who was helped.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from personalization import audiences, journey, scoring
from personalization.records import AsOf
from personalization.settings import Shop, load_shop
from personalization.simulation.simulate import BEGIN, Wish, simulate_world
from personalization.simulation.truth.left_alone import LEFT_ALONE
from personalization.sources.folder import take_snapshot
from personalization.store.files import write_json, write_parquet
from personalization.store.state import HOLDOUTS_BEFORE, SENT_BEFORE
from personalization.warehouse import Warehouse

ROOT = Path(__file__).resolve().parents[1]
SEEDS, CUSTOMERS, NIGHTS = 20, 100_000, 8
DAYS = 500  # a year of purchases before the first night, and what the last nights need to be judged
AFTER = 7  # days of the world after the last night
# Days after fulfilment at which the flow writes (our reading of the guides of email tools: help while it is new, two
# weeks later something to go with it, a month later a reminder of what runs out).
FLOW_DAYS = {"onboarding": 3, "cross_sell": 14, "replenishment": 30}

# The world keeps the newest state of orders and lines, where a nightly export has that of its day: of what is not all
# paid back yet it tells too much.
_AS_IT_STOOD = {
    "orders": """SELECT o.* REPLACE (
    CASE
        WHEN o.financial_status NOT IN ('refunded', 'partially_refunded') OR paid.is_all THEN o.financial_status
        WHEN paid.order_id IS NULL THEN 'paid'
        ELSE 'partially_refunded'
    END AS financial_status
) FROM orders AS o LEFT JOIN paid ON paid.order_id = o.order_id""",
    "order_lines": """SELECT l.* REPLACE (CASE WHEN paid.is_all THEN l.qty_refunded END AS qty_refunded)
FROM order_lines AS l LEFT JOIN paid ON paid.order_id = l.order_id""",
}
_PAID = """CREATE TABLE paid AS
SELECT order_id, count(*) = any_value(whole.refunds) AS is_all
FROM refunds
INNER JOIN (SELECT order_id, count(*) AS refunds FROM world_refunds GROUP BY order_id) AS whole USING (order_id)
GROUP BY order_id"""
_MESSAGES = """CREATE OR REPLACE TABLE judged_messages AS
SELECT row_number() OVER (ORDER BY customer_id, program, subject) AS message, * FROM decided"""
# Each message and each word of the truth that is about it.
_AGAINST = """CREATE OR REPLACE TABLE against AS
WITH about AS (
    SELECT m.message, m.customer_id, m.program, m.order_id, i.sku, p.category
    FROM judged_messages AS m
    LEFT JOIN (SELECT message, unnest(skus) AS sku FROM judged_messages) AS i ON i.message = m.message
    LEFT JOIN products AS p ON p.sku = i.sku
)
SELECT DISTINCT
    a.message,
    t.reason,
    t.certainty,
    t.from_on <= $arrives_on AND coalesce(t.until_on > $arrives_on, TRUE) AS is_true,
    coalesce(t.knowable_from_on <= $night, FALSE) AND coalesce(t.knowable_until_on > $night, TRUE) AS is_knowable
FROM about AS a
INNER JOIN truth AS t
    ON t.customer_id = a.customer_id
    AND (t.program IS NULL OR t.program = a.program)
    AND CASE t.scope
        WHEN 'customer' THEN TRUE
        WHEN 'order' THEN t.order_id = a.order_id
        WHEN 'item' THEN t.sku = a.sku
        WHEN 'order_item' THEN t.order_id = a.order_id AND t.sku = a.sku
        ELSE t.category = a.category
    END"""
_HARM = """SELECT reason, is_knowable, count(DISTINCT message)
FROM against INNER JOIN judged_messages USING (message)
WHERE verdict = 'send' AND certainty = 'must' AND is_true
GROUP BY ALL"""
_HARMED = """SELECT count(DISTINCT message) FILTER (is_knowable), count(DISTINCT message) FILTER (NOT is_knowable)
FROM (
    SELECT message, bool_or(is_knowable) AS is_knowable
    FROM against INNER JOIN judged_messages USING (message)
    WHERE verdict = 'send' AND certainty = 'must' AND is_true
    GROUP BY message
)"""
_ELIGIBLE = """SELECT count(*) FROM judged_messages AS m
WHERE NOT EXISTS (SELECT 1 FROM against AS a WHERE a.message = m.message AND (a.is_true OR a.is_knowable))"""
_LEFT_OUT = """SELECT reason, count(*) FROM (
    SELECT m.message, unnest(m.reasons) AS reason
    FROM judged_messages AS m
    WHERE m.verdict IN ('suppressed', 'no_consent', 'exception', 'capped')
        AND NOT EXISTS (SELECT 1 FROM against AS a WHERE a.message = m.message AND (a.is_true OR a.is_knowable))
        AND NOT EXISTS (SELECT 1 FROM own_messages AS o WHERE o.customer_id = m.customer_id AND m.verdict = 'capped')
        AND NOT list_has_any(m.reasons, ['already_sent', 'program_rest', 'onboarding_first'])
)
GROUP BY reason"""
_LEFT_OUT_ALL = """SELECT count(*)
FROM judged_messages AS m
WHERE m.verdict IN ('suppressed', 'no_consent', 'exception', 'capped')
    AND NOT EXISTS (SELECT 1 FROM against AS a WHERE a.message = m.message AND (a.is_true OR a.is_knowable))
    AND NOT EXISTS (SELECT 1 FROM own_messages AS o WHERE o.customer_id = m.customer_id AND m.verdict = 'capped')
    AND NOT list_has_any(m.reasons, ['already_sent', 'program_rest', 'onboarding_first'])"""
# The usual flow: each order that was fulfilled so many days ago, within the week; of an order that runs out its
# consumable lines. Nothing but the address and what the tool itself knows speaks against it.
_FLOW = """CREATE OR REPLACE TABLE decided AS
WITH fulfilled AS (
    SELECT o.customer_id, o.order_id, o.placed_at, min(CAST(s.shipped_at AS DATE)) AS fulfilled_on
    FROM orders AS o
    INNER JOIN shipments AS s ON s.order_id = o.order_id
    WHERE s.shipped_at IS NOT NULL AND o.customer_id IS NOT NULL
    GROUP BY ALL
),
due AS (
    SELECT f.*, d.program
    FROM fulfilled AS f
    INNER JOIN flow_days AS d
        ON date_diff('day', f.fulfilled_on, CAST($arrives_on AS DATE)) BETWEEN d.days AND d.days + 6
),
asked AS (
    SELECT customer_id, arg_max(status, captured_at) AS status
    FROM consents
    WHERE channel = 'email' AND purpose = 'marketing'
    GROUP BY customer_id
),
silent AS (
    SELECT customer_id FROM asked WHERE status IN ('unsubscribed', 'suppressed')
    UNION
    SELECT h.customer_id
    FROM address_hashes AS h
    INNER JOIN suppressions AS s ON s.address_hash = h.address_hash AND s.channel = 'email'
    UNION
    SELECT m.customer_id
    FROM engagement AS e
    INNER JOIN messages AS m ON m.message_id = e.message_id
    WHERE e.type IN ('unsubscribe', 'complaint', 'bounce_hard')
)
SELECT
    d.customer_id,
    d.program,
    d.order_id AS subject,
    d.order_id,
    list(DISTINCT l.sku ORDER BY l.sku) FILTER (
        d.program = 'onboarding' OR (d.program = 'replenishment' AND p.product_type = 'consumable')
    ) AS skus,
    'send' AS verdict,
    CAST([] AS VARCHAR[]) AS reasons
FROM due AS d
INNER JOIN order_lines AS l ON l.order_id = d.order_id
LEFT JOIN products AS p ON p.sku = l.sku
WHERE d.customer_id NOT IN (SELECT customer_id FROM silent)
    AND (
        d.program = 'onboarding'
        OR NOT EXISTS (SELECT 1 FROM orders AS n WHERE n.customer_id = d.customer_id AND n.placed_at > d.placed_at)
    )
GROUP BY d.customer_id, d.program, d.order_id
HAVING d.program <> 'replenishment' OR bool_or(p.product_type = 'consumable')"""


def measure(
    seeds: int, *, customers: int = CUSTOMERS, nights: int = NIGHTS, workers: int = 2, kept: Path | None = None
) -> dict[str, Any]:
    """Return messages and harm by exception of our nights and of the usual flow, and who was wrongly left out.

    kept is a folder in which each shop's counts stay, so that a run that was cut off goes on where it was.
    """
    work = partial(_kept_shop, customers=customers, nights=nights, kept=kept)
    if workers == 1:
        shops = [work(seed) for seed in range(1, seeds + 1)]
    else:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            shops = list(pool.map(work, range(1, seeds + 1)))
    total: Counter[tuple[str, ...]] = Counter()
    for shop in shops:
        total.update(shop)
    eligible, wrongly = total["ours", "eligible"], total["ours", "left_out"]
    return {
        "seeds": seeds,
        "customers": customers,
        "weekly_nights": nights,
        "readiness": "every gate left open",
        "ours": _told(total, "ours"),
        "usual_flow": _told(total, "flow"),
        "left_out": {
            "considered": total["ours", "considered"],
            "eligible_by_truth": eligible,
            "wrongly_left_out": wrongly,
            "wrongly_left_out_share": round(wrongly / max(1, eligible), 6),
            "by_rule": {key[2]: count for key, count in sorted(total.items()) if key[:2] == ("ours", "left_out_by")},
        },
    }


def _told(total: Mapping[tuple[str, ...], int], who: str) -> dict[str, Any]:
    messages = total[who, "messages"]
    found: dict[str, dict[str, int]] = {"knowable": {}, "unknowable": {}}
    for key, count in sorted(total.items()):
        if key[0] == who and key[1] in found and len(key) > 2:
            found[key[1]][key[2]] = count
    return {
        "messages": messages,
        "messages_by_program": {key[2]: n for key, n in sorted(total.items()) if key[:2] == (who, "sent")},
        "harmful_knowable": total[who, "harmful_knowable"],
        "harmful_knowable_per_1000": round(1000 * total[who, "harmful_knowable"] / max(1, messages), 3),
        "harmful_unknowable": total[who, "harmful_unknowable"],
        "harmful_unknowable_per_1000": round(1000 * total[who, "harmful_unknowable"] / max(1, messages), 3),
        "knowable_by_exception": found["knowable"],
        "unknowable_by_exception": found["unknowable"],
    }


def _kept_shop(seed: int, *, customers: int, nights: int, kept: Path | None) -> Counter[tuple[str, ...]]:
    path = kept / f"{seed}-{customers}-{nights}.json" if kept else None
    if path and path.exists():
        return Counter({tuple(key): count for key, count in json.loads(path.read_text(encoding="utf-8"))})
    counts = _one_shop(seed, customers=customers, nights=nights)
    if path:
        write_json(path, sorted(counts.items()))
    return counts


def _one_shop(seed: int, *, customers: int, nights: int) -> Counter[tuple[str, ...]]:
    """Return the counts of one simulated shop, by who, what and reason."""
    counts: Counter[tuple[str, ...]] = Counter()
    shop = load_shop(ROOT / "shop.toml").model_copy(update={"timezone": "UTC"})
    last = (BEGIN + timedelta(days=DAYS - AFTER)).date()
    sent, withheld = SENT_BEFORE.empty_table(), HOLDOUTS_BEFORE.empty_table()
    with tempfile.TemporaryDirectory(prefix="postlude-") as folder:
        world = Path(folder) / "world"
        simulate_world(Wish(customers=customers, seed=seed, days=DAYS, out=world))
        for back in reversed(range(nights)):
            night = last - timedelta(weeks=back)
            with Warehouse(spill=Path(folder) / "spill") as warehouse:
                audience = _night(
                    warehouse, night, world=world, folder=Path(folder), shop=shop, sent=sent, withheld=withheld
                )
                warehouse.load_parquet("truth", world / LEFT_ALONE)
                warehouse.load_arrow("own_messages", sent.select(["customer_id"]))
                warehouse.load_arrow("decided", audience.decisions)
                counts.update(_judge(warehouse, "ours", night))
                flow_days = {"program": list(FLOW_DAYS), "days": list(FLOW_DAYS.values())}
                warehouse.load_arrow("flow_days", pa.table(flow_days))
                warehouse.connection.execute(_FLOW, {"arrives_on": night + timedelta(days=1)})
                counts.update(_judge(warehouse, "flow", night))
            sent = pa.concat_tables([sent, _sent(audience.decisions, night)])
            withheld = pa.concat_tables([withheld, _assigned(audience.assignments, night)])
    return counts


def _night(
    warehouse: Warehouse,
    night: date,
    *,
    world: Path,
    folder: Path,
    shop: Shop,
    sent: pa.Table,
    withheld: pa.Table,
) -> audiences.Audience:
    cutoff = AsOf(run_date=night, timezone=shop.timezone).cutoff
    every = audiences.load_segments(ROOT / "segments", shop.programs)
    segments = [one for one in every if one.program in FLOW_DAYS]  # those that the usual flow has as well
    snapshot = folder / "snapshot"
    take_snapshot(
        data=world,
        out=snapshot,
        cutoff=cutoff,
        now=BEGIN + timedelta(days=DAYS),
        max_bad_share=shop.imports.max_bad_share,
    )
    _as_it_stood(snapshot, world)
    warehouse.load_canonical(snapshot)
    journey.build_journey(warehouse, cutoff=cutoff, timezone=shop.timezone)
    scores = scoring.score(warehouse, run_date=night, cutoff=cutoff)
    warehouse.load_arrow("candidates", scores.candidates)
    warehouse.load_arrow("replenishment", scores.replenishment)
    warehouse.load_arrow("customers_scores", scores.customers)
    return audiences.build_decisions(
        warehouse,
        run_date=night,
        cutoff=cutoff,
        shop=shop,
        segments=segments,
        readiness=open_gates(shop),
        sent_before=sent,
        holdouts_before=withheld,
    )


def _as_it_stood(snapshot: Path, world: Path) -> None:
    """Take out of orders and lines that were not paid back yet what only a later export says of them."""
    with Warehouse() as warehouse:
        warehouse.load_canonical(snapshot)
        warehouse.load_parquet("world_refunds", world / "refunds.parquet")
        warehouse.connection.execute(_PAID)
        for name, select in _AS_IT_STOOD.items():
            write_parquet(snapshot / f"{name}.parquet", warehouse.connection.sql(select).to_arrow_table())


def open_gates(shop: Shop) -> pa.Table:
    """Return readiness in which every check passes that a program requires."""
    rows = [
        {"check": check, "scope": "shop", "program": name, "verdict": "pass"}
        for name, program in shop.programs.items()
        for check in program.requires
    ]
    return pa.Table.from_pylist(rows)


def _sent(decisions: pa.Table, night: date) -> pa.Table:
    """Return the night's messages as the ledger keeps them."""
    rows = decisions.filter(pa.compute.equal(decisions["verdict"], "send"))
    count = rows.num_rows
    keys = [
        f"{night}:{program}:{subject}"
        for program, subject in zip(rows["program"].to_pylist(), rows["subject"].to_pylist(), strict=True)
    ]
    columns: dict[str, Sequence[Any] | pa.ChunkedArray] = {
        "message_id": keys,
        "run_date": [night] * count,
        "customer_id": rows["customer_id"],
        "program": rows["program"],
        "message_class": ["marketing"] * count,
        "channel": ["email"] * count,
        "decision_subject": rows["subject"],
        "destination": ["files"] * count,
        "sent_at": rows["send_at"],
    }
    return pa.table(columns).cast(SENT_BEFORE)


def _assigned(assignments: pa.Table, night: date) -> pa.Table:
    nights = pa.array([night] * assignments.num_rows, pa.date32())
    return assignments.append_column("assigned_night", nights).cast(HOLDOUTS_BEFORE)


def _judge(warehouse: Warehouse, who: str, night: date) -> Counter[tuple[str, ...]]:
    """Return what the truth says of the table ``decided``."""
    connection = warehouse.connection
    given = {"night": night, "arrives_on": night + timedelta(days=1)}
    connection.execute(_MESSAGES)
    connection.execute(_AGAINST, given)
    counts: Counter[tuple[str, ...]] = Counter()
    sent = "SELECT program, count(*) FROM judged_messages WHERE verdict = 'send' GROUP BY program"
    for program, count in connection.execute(sent).fetchall():
        counts[who, "messages"] += count
        counts[who, "sent", program] += count
    for reason, is_knowable, count in connection.execute(_HARM).fetchall():
        counts[who, "knowable" if is_knowable else "unknowable", reason] += count
    knowable, unknowable = connection.execute(_HARMED).fetchall()[0]
    counts[who, "harmful_knowable"] += knowable
    counts[who, "harmful_unknowable"] += unknowable
    if who == "ours":
        counts[who, "considered"] += connection.execute("SELECT count(*) FROM judged_messages").fetchall()[0][0]
        counts[who, "eligible"] += connection.execute(_ELIGIBLE).fetchall()[0][0]
        counts[who, "left_out"] += connection.execute(_LEFT_OUT_ALL).fetchall()[0][0]
        for rule, count in connection.execute(_LEFT_OUT).fetchall():
            counts[who, "left_out_by", rule] += count
    return counts


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kept", type=Path, help="folder in which the counts of each shop are kept")
    asked = parser.parse_args()
    began = time.perf_counter()
    figures = measure(asked.seeds, customers=asked.customers, workers=asked.workers, kept=asked.kept)
    print(json.dumps(figures, indent=2))
    print(f"{time.perf_counter() - began:.0f} seconds", file=sys.stderr)
