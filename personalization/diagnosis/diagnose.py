"""Puts the diagnosis together: what leaks, which problem comes first, what is at fault, and the one next action."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from personalization.diagnosis import advice
from personalization.diagnosis.costs import leaks_of
from personalization.diagnosis.evidence import Evidence, read_evidence
from personalization.diagnosis.intervals import share
from personalization.diagnosis.kpis import Figure, figures
from personalization.diagnosis.leaks import Ranking, rank
from personalization.diagnosis.load import Load, forecast
from personalization.diagnosis.signals import Signal, is_software_justified, signals_of
from personalization.diagnosis.stages import ON_TIME, StageAudit, audit_stages, unassigned_share
from personalization.settings import Shop
from personalization.warehouse import Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """One carrier: whether it can be relied on, and how often its orders are asked for (R48)."""

    carrier: str
    parcels: int
    due: int
    on_time: int
    wismo: int
    reliability: str  # reliable, late or unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """All that a diagnosis says. held_by says why nothing is ranked, empty where it is."""

    shop_name: str
    currency: str
    run_date: date
    window_days: int
    orders: int
    simulated: tuple[str, ...]
    held_by: str
    unassigned: tuple[int, int]
    ranking: Ranking
    next_action: advice.NextAction
    phase: advice.Phase
    programs: tuple[advice.ProgramAdvice, ...]
    stages: tuple[StageAudit, ...]
    signals: tuple[Signal, ...]
    is_software_justified: bool
    returns_form: tuple[str, tuple[str, ...]]
    carriers: tuple[Carrier, ...]
    load: tuple[Load, ...]
    kpis: tuple[Figure, ...]
    evidence: Evidence


def diagnose(
    warehouse: Warehouse,
    *,
    run_date: date,
    cutoff: datetime,
    present: frozenset[str],
    shop: Shop,
    readiness: Sequence[Mapping[str, Any]] = (),
    simulated: Sequence[str] = (),
) -> Diagnosis:
    """Return the diagnosis at *cutoff* (naive UTC) from the canonical tables and the journey in the warehouse.

    *present* names the tables that the data folder has; *readiness* holds the rows of the readiness table, *simulated*
    names the tables that are made up.
    """
    assumed = shop.diagnosis
    evidence = read_evidence(warehouse, run_date=run_date, cutoff=cutoff, present=present, assumed=assumed)
    of_shop = [row for row in readiness if row["scope"] == "shop" and row["program"]]  # not what is only watched
    ranking = rank(leaks_of(evidence, assumed))
    marketing = sum(1 for program in shop.programs.values() if program.kind != "service")
    signals = signals_of(evidence, programs=marketing)
    programs = advice.program_advice(shop.programs, ranking, of_shop, evidence, assumed)
    held_by = _held_by(evidence, assumed.max_unassigned_share)
    return Diagnosis(
        shop_name=shop.name,
        currency=shop.currency,
        run_date=run_date,
        window_days=evidence.window_days,
        orders=evidence.orders,
        simulated=tuple(simulated),
        held_by=held_by,
        unassigned=unassigned_share(evidence),
        ranking=ranking,
        next_action=advice.next_action(
            evidence, ranking, signals, of_shop, held_by=held_by, programs=programs, assumed=assumed
        ),
        phase=advice.phase_of(evidence, ranking, of_shop),
        programs=programs,
        stages=audit_stages(evidence, signals),
        signals=signals,
        is_software_justified=is_software_justified(signals),
        returns_form=advice.returns_form(evidence),
        carriers=tuple(_carrier(row) for row in evidence.carriers),
        load=forecast(evidence.load_by_day, evidence.load_by_age, run_date=run_date, capacity=shop.capacity),
        kpis=figures(evidence.kpis, present=present),
        evidence=evidence,
    )


def _held_by(evidence: Evidence, allowed: float) -> str:
    """Return why nothing can be ranked: too much of what went wrong belongs to no stage (R3)."""
    nowhere, everything = unassigned_share(evidence)
    if not everything or nowhere / everything <= allowed:
        return ""
    return (
        f"{nowhere:,} of {everything:,} tickets, returns, claims, chargebacks and parcels in trouble belong to no "
        f"stage of the journey: {nowhere / everything:.0%}, and over {allowed:.0%} holds."
    )


def _carrier(row: Mapping[str, Any]) -> Carrier:
    arrived = share(row["on_time"], row["due"])
    if not row["due"] or arrived.low < ON_TIME <= arrived.high:
        reliability = "unclear"
    else:
        reliability = "reliable" if arrived.low >= ON_TIME else "late"
    return Carrier(
        carrier=str(row["carrier"]),
        parcels=row["parcels"],
        due=row["due"],
        on_time=row["on_time"],
        wismo=row["wismo"],
        reliability=reliability,
    )
