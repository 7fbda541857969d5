"""From scores to the decision table: who is considered, what speaks against it, which message wins, who is withheld.

Everything is a set: SQL files in the portable subset, and a few under ``duckdb/`` for what only DuckDB does alike
(JSON, lists, SHA-256). Nothing here loops over customers.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from personalization.audiences import holdout
from personalization.audiences.conditions import Value, where
from personalization.audiences.eligibility import build_objections
from personalization.audiences.fields import (
    CLAIM_FOLLOW_UP,
    CROSS_SELL,
    EXCHANGE_FOLLOW_UP,
    FIELDS,
    LOYALTY,
    ONBOARDING,
    REPLENISHMENT,
    SUBJECTS,
    WIN_BACK,
)
from personalization.audiences.segments import Segment
from personalization.audiences.send_times import send_times
from personalization.journey.clock import clock_offsets
from personalization.journey.states import SETTLED_DAYS
from personalization.records import CheckVerdict
from personalization.settings import SERVICE_PROGRAMS, Shop
from personalization.store.state import HOLDOUTS_BEFORE, SENT_BEFORE
from personalization.store.unsubscribes import UNSUBSCRIBES
from personalization.warehouse import Warehouse

MARGIN_SHARE = 0.5  # our choice, for goods without margin or cost; it only weighs programs against one another
MINIMUM_SUPPORT = 3  # T9: customers who bought both
MOST_ITEMS = 4  # our choice: what an email shows without scrolling
# Days between two messages of a program to one person (our choice): longer than the window of its segments, so that
# what one message stood for does not come back as the next one. A service program never rests.
REST_DAYS = {
    ONBOARDING: 5,
    REPLENISHMENT: 14,
    CROSS_SELL: 30,
    WIN_BACK: 60,
    LOYALTY: 14,
    EXCHANGE_FOLLOW_UP: 5,
    CLAIM_FOLLOW_UP: 5,
}
_HELD = {str(CheckVerdict.HOLD), str(CheckVerdict.INSUFFICIENT)}
_MISSING = str(CheckVerdict.INSUFFICIENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """What was decided on one night.

    decisions: one row a customer, program and subject. assignments: customer_id, program, is_withheld, newly drawn.
    funnel: program → verdict → subjects, which adds up to all that were considered. guests: program → subjects that a
    segment contains but that belong to nobody with an account; they are in no other count.
    """

    decisions: pa.Table
    assignments: pa.Table
    funnel: Mapping[str, Mapping[str, int]]
    guests: Mapping[str, int]


def build_decisions(  # noqa: PLR0913 - what a night and an export know
    warehouse: Warehouse,
    *,
    run_date: date,
    cutoff: datetime,
    shop: Shop,
    segments: Sequence[Segment],
    readiness: pa.Table,
    sent_before: pa.Table | None = None,
    holdouts_before: pa.Table | None = None,
    unsubscribes: pa.Table | None = None,
    moment: datetime | None = None,
) -> Audience:
    """Return what is decided for everyone that a segment contains.

    *warehouse* holds the canonical tables, the journey's (``line_state``, ``order_state``, ``parcel_state``) and the
    scores (``candidates``, ``replenishment``, ``customers_scores``). readiness has check, scope, program and verdict.
    sent_before and holdouts_before are what the state database knew before the night, in its own columns
    (``store.state``), unsubscribes who unsubscribed by a message's link (``store.unsubscribes``). moment is when all
    would be written to, where that is known, as at the export; the contact budget counts back from it.
    """
    build_members(
        warehouse,
        run_date=run_date,
        cutoff=cutoff,
        shop=shop,
        segments=segments,
        readiness=readiness,
        sent_before=sent_before,
        holdouts_before=holdouts_before,
    )
    warehouse.build("audiences/duckdb/message_ids", shop=shop.name)
    warehouse.build("audiences/considered")
    _build_send_times(warehouse, run_date=run_date, cutoff=cutoff, shop=shop, moment=moment)
    warehouse.build("audiences/audience_messages", run_date=run_date)
    warehouse.build("audiences/contact_counts")
    warehouse.load_arrow("unsubscribes_arrived", UNSUBSCRIBES.empty_table() if unsubscribes is None else unsubscribes)
    limits = {**shop.budget.model_dump(), "everyone": holdout.EVERYONE}
    build_objections(warehouse, run_date=run_date, cutoff=cutoff, parameters=limits)
    warehouse.build("audiences/eligible")
    warehouse.build("audiences/arbitrated", most_items=MOST_ITEMS)
    assignments = holdout.draw(warehouse, shop.holdout)
    warehouse.build("audiences/judged", everyone=holdout.EVERYONE)
    warehouse.build("audiences/duckdb/audience_facts", most_items=MOST_ITEMS, run_date=run_date)
    decisions = warehouse.read("audiences/duckdb/decision_table")
    return Audience(
        decisions=decisions,
        assignments=assignments,
        funnel=_funnel(warehouse, decisions),
        guests=_counts(
            warehouse, "SELECT program, count(*) FROM members WHERE customer_id IS NULL GROUP BY ALL ORDER BY 1"
        ),
    )


def build_members(
    warehouse: Warehouse,
    *,
    run_date: date,
    cutoff: datetime,
    shop: Shop,
    segments: Sequence[Segment],
    readiness: pa.Table,
    sent_before: pa.Table | None = None,
    holdouts_before: pa.Table | None = None,
) -> None:
    """Build ``members``: each subject that at least one segment contains, with the segments' names.

    Takes what ``build_decisions`` takes.
    """
    _load_inputs(warehouse, shop=shop, readiness=readiness, sent_before=sent_before, holdouts_before=holdouts_before)
    _build_subjects(warehouse, run_date=run_date, cutoff=cutoff, shop=shop)
    _gather_members(warehouse, segments)


def _load_inputs(
    warehouse: Warehouse,
    *,
    shop: Shop,
    readiness: pa.Table,
    sent_before: pa.Table | None,
    holdouts_before: pa.Table | None,
) -> None:
    warehouse.load_arrow("program_settings", _program_settings(shop, readiness))
    warehouse.load_arrow("held_checks", _held_checks(shop, readiness))
    warehouse.load_arrow("consent_counts", _consent_counts(shop))
    withheld = HOLDOUTS_BEFORE.empty_table() if holdouts_before is None else holdouts_before
    warehouse.load_arrow("holdouts_arrived", withheld.select(["customer_id", "program", "is_withheld"]))
    warehouse.load_arrow(
        "sent_arrived", _sent_messages(SENT_BEFORE.empty_table() if sent_before is None else sent_before)
    )
    warehouse.build("journey/merged_customers")
    warehouse.build("audiences/duckdb/address_hashes")
    warehouse.build("audiences/audience_alias")
    warehouse.build("audiences/audience_voices")
    warehouse.build("audiences/sent_earlier")
    warehouse.build("audiences/holdouts_before")


def _program_settings(shop: Shop, readiness: pa.Table) -> pa.Table:
    """Return one row a program: its weight, days of rest, whether it is service, and what readiness said, as JSON."""
    said: dict[str, dict[str, str]] = {program: {} for program in SUBJECTS}
    for row in readiness.select(["check", "scope", "program", "verdict"]).to_pylist():
        if row["scope"] == "shop" and row["program"] in said:
            said[row["program"]][row["check"]] = row["verdict"]
    weights = [shop.programs[program].priority if program in shop.programs else 1.0 for program in SUBJECTS]
    return pa.table(
        {
            "program": list(SUBJECTS),
            "priority": weights,
            "rest_days": [REST_DAYS.get(program, 0) for program in SUBJECTS],
            "is_service": [program in SERVICE_PROGRAMS for program in SUBJECTS],
            "readiness": [json.dumps(checks, sort_keys=True) for checks in said.values()],
        }
    )


def _held_checks(shop: Shop, readiness: pa.Table) -> pa.Table:
    """Return program, check and scope of all that holds; a check that a program requires and nobody ran holds too.

    A service program is never locked.
    """
    locked = {name for name, program in shop.programs.items() if program.kind != "service"}
    rows = readiness.select(["check", "scope", "program", "verdict"]).to_pylist()
    ran = {(row["program"], row["check"]) for row in rows if row["scope"] == "shop"}
    held = {
        (row["program"], row["check"], row["scope"])
        for row in rows
        if row["program"] in locked and row["verdict"] in _HELD
    }
    held |= {
        (program, check, "shop")
        for program in locked
        for check in shop.programs[program].requires
        if (program, check) not in ran
    }
    ordered = sorted(held)
    text = pa.string()
    return pa.table(
        {
            name: pa.array([row[place] for row in ordered], text)
            for place, name in enumerate(("program", "check", "scope"))
        }
    )


def _consent_counts(shop: Shop) -> pa.Table:
    """Return country and status of every consent to email that counts; a country without a word counts none."""
    rows = [(country, status) for country, words in shop.consent.email.items() for status in (words or ("none",))]
    text = pa.string()
    return pa.table(
        {name: pa.array([row[place] for row in rows], text) for place, name in enumerate(("country", "status"))}
    )


def _sent_messages(sent_before: pa.Table) -> pa.Table:
    """Return the ledger's earlier sends, with the instant that counts for each.

    A message whose sending is not certain has no sent_at; it counts as sent on the day after its night.
    """
    night = sent_before["run_date"].cast(pa.timestamp("us"))
    next_day = pc.add(night, pa.scalar(86_400_000_000, pa.duration("us")))
    kept = sent_before.select(["message_id", "customer_id", "program", "channel", "decision_subject"])
    kept = kept.append_column("is_marketing", pc.not_equal(sent_before["message_class"], "service"))
    return kept.append_column("sent_at", pc.coalesce(sent_before["sent_at"], next_day))


def _build_subjects(warehouse: Warehouse, *, run_date: date, cutoff: datetime, shop: Shop) -> None:
    warehouse.build("audiences/audience_people")
    warehouse.build("audiences/consent_words", cutoff=cutoff)
    warehouse.build("audiences/audience_consent")
    warehouse.build("audiences/subjects_onboarding", run_date=run_date, margin_share=MARGIN_SHARE)
    warehouse.build("audiences/subjects_replenishment", run_date=run_date, margin_share=MARGIN_SHARE)
    warehouse.build("audiences/sent_back")
    warehouse.build(
        "audiences/cross_sell_items", run_date=run_date, margin_share=MARGIN_SHARE, minimum_support=MINIMUM_SUPPORT
    )
    warehouse.build("audiences/subjects_cross_sell", run_date=run_date, most_items=MOST_ITEMS)
    warehouse.build("audiences/win_back_items", run_date=run_date)
    warehouse.build("audiences/order_values")
    warehouse.build("audiences/exchanged")
    for program in (WIN_BACK, LOYALTY, EXCHANGE_FOLLOW_UP, CLAIM_FOLLOW_UP):
        warehouse.build(f"audiences/subjects_{program}", run_date=run_date, margin_share=MARGIN_SHARE)
    warehouse.load_arrow("clock_offsets", clock_offsets(shop.timezone, cutoff=cutoff))
    warehouse.build("audiences/waited_for")
    warehouse.build("audiences/missing_lines")
    warehouse.build("audiences/subjects_delay_notice", run_date=run_date, settled_days=SETTLED_DAYS)
    warehouse.build("audiences/subjects_partial_delivery", run_date=run_date)
    warehouse.build("audiences/subjects_not_received_help", run_date=run_date)


def _gather_members(warehouse: Warehouse, segments: Sequence[Segment]) -> None:
    warehouse.connection.execute(
        "CREATE OR REPLACE TABLE members (program VARCHAR, customer_id VARCHAR, subject VARCHAR, order_id VARCHAR, "
        "sku VARCHAR, since_on DATE, delivered_on DATE, score DOUBLE, worth_cents DOUBLE, segments VARCHAR)"
    )
    for program in SUBJECTS:
        of_program = sorted((item for item in segments if item.program == program), key=lambda item: item.name)
        if of_program:
            select, parameters = _members_select(program, of_program)
            warehouse.connection.execute(f"INSERT INTO members {select}", parameters)


def _members_select(program: str, segments: Sequence[Segment]) -> tuple[str, dict[str, Value]]:
    """Return one SELECT for all segments of *program*, and its parameters."""
    parameters: dict[str, Value] = {}
    names = []
    for segment in segments:
        condition, values = where(segment.conditions, prefix=segment.name)
        parameters |= values
        names.append(f"CASE WHEN {condition} THEN chr(31) || '{segment.name}' ELSE '' END")
    person = ", ".join(f'p."{name}"' for name, field in FIELDS.items() if len(field.programs) == len(SUBJECTS))
    select = (
        f"SELECT '{program}', customer_id, subject, order_id, sku, since_on, delivered_on, score, worth_cents, "
        f"substr(names, 2) FROM (SELECT *, {' || '.join(names)} AS names FROM (SELECT s.*, {person} "
        f"FROM subjects_{program} AS s LEFT JOIN audience_people AS p ON p.customer_id = s.customer_id) AS fields) "
        "AS named WHERE names <> ''"
    )
    return select, parameters


def _build_send_times(
    warehouse: Warehouse, *, run_date: date, cutoff: datetime, shop: Shop, moment: datetime | None
) -> None:
    zones = warehouse.connection.sql(
        "SELECT DISTINCT timezone FROM audience_people WHERE timezone IS NOT NULL"
    ).to_arrow_table()
    times = send_times(
        zones["timezone"].to_pylist(),
        run_date=run_date,
        cutoff=cutoff,
        send_hour=shop.export.send_hour,
        shop_timezone=shop.timezone,
        moment=moment,
    )
    warehouse.load_arrow("send_times", times)


def _funnel(warehouse: Warehouse, decisions: pa.Table) -> dict[str, dict[str, int]]:
    """Return how many subjects of each program got each verdict; what was considered must all be there, once."""
    considered = _counts(warehouse, "SELECT program, count(*) FROM considered GROUP BY ALL ORDER BY 1")
    funnel: dict[str, dict[str, int]] = {program: {} for program in considered}
    grouped = decisions.group_by(["program", "verdict"], use_threads=False).aggregate([([], "count_all")])
    for row in grouped.sort_by([("program", "ascending"), ("verdict", "ascending")]).to_pylist():
        funnel[row["program"]][row["verdict"]] = row["count_all"]
    for program, count in considered.items():
        if count != sum(funnel[program].values()) or None in funnel[program]:
            raise AssertionError(f"{program}: {count} were considered, {sum(funnel[program].values())} were decided")
    return funnel


def _counts(warehouse: Warehouse, query: str) -> dict[str, int]:
    return dict(warehouse.connection.sql(query).fetchall())
