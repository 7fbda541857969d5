"""Puts the checks together: every program that requires them, tonight's verdicts after hysteresis, and what is held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

import pyarrow as pa

from personalization.readiness import words
from personalization.readiness.checks import CHECKS, WATCHED, Check, Measure, limits_of, required_checks
from personalization.readiness.evidence import NightEvidence, read_evidence
from personalization.readiness.feeds import carrier_feeds, shop_feed, source_feeds
from personalization.readiness.findings import SHOP, Finding, is_slice, scope_findings, shop_faults, shop_rate
from personalization.readiness.nights import looked_at_nights
from personalization.readiness.rules import Rules
from personalization.readiness.table import Row, table_of
from personalization.readiness.verdict import OPEN, after_hysteresis
from personalization.records import CheckVerdict
from personalization.settings import Program
from personalization.warehouse import Warehouse

Limits: TypeAlias = Mapping[str, Mapping[str, float]]
Key: TypeAlias = tuple[str, str, str]  # check, scope, program


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramReadiness:
    """Whether a program may run tonight, by the worst check of the shop, and why not or what to watch."""

    verdict: CheckVerdict
    reasons: tuple[str, ...]

    @property
    def is_open(self) -> bool:
        """Return whether the program may run."""
        return self.verdict in OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The night's readiness.

    table is readiness.parquet. held_scopes names each check and the carrier, region or category that it holds.
    all_marketing_held tells whether there are programs that a gate can lock, and all of them are locked.
    """

    table: pa.Table
    program_verdicts: Mapping[str, ProgramReadiness]
    held_scopes: tuple[tuple[str, str], ...]
    all_marketing_held: bool


def check_readiness(
    warehouse: Warehouse,
    *,
    run_date: date,
    cutoff: datetime,
    present: frozenset[str],
    rules: Rules,
    history: pa.Table | None = None,
) -> Readiness:
    """Return what each program's checks say at *cutoff* (naive UTC), from the canonical tables in the warehouse.

    *present* names the tables that the data folder has. *history* holds earlier nights' rows (night, check, scope,
    program, raw_verdict); nights that it lacks are replayed from what was learned by then.
    Raises ConfigurationInvalid for unknown checks and thresholds.
    """
    limits = limits_of(rules.thresholds)
    required = required_checks(rules.programs)
    nights = looked_at_nights(run_date=run_date, cutoff=cutoff, timezone=rules.timezone)
    evidence = read_evidence(warehouse, nights=nights, present=present, next_steps=rules.next_steps)
    tonight, *before = (night_findings(night, required, limits) for night in evidence)
    recorded = _recorded(history)
    earlier = [
        verdicts_of(replayed) | recorded.get(night.night_on, {})
        for night, replayed in zip(nights[1:], before, strict=True)
    ]
    rows = [
        _row(key, found, [raw_verdict(night, key) for night in earlier])
        for key, found in (tonight | lingering(tonight, earlier)).items()
    ]
    return _readiness(rows, rules.programs)


def verdicts_of(findings: Mapping[Key, Finding]) -> dict[Key, CheckVerdict]:
    """Return the verdict of each finding."""
    return {key: found.verdict for key, found in findings.items()}


def raw_verdict(night: Mapping[Key, CheckVerdict], key: Key) -> CheckVerdict:
    """Return what a past night said; where it said nothing, a slice counted with the shop, and all else is unknown."""
    silent = CheckVerdict.PASS if is_slice(CHECKS[key[0]], key[1]) else CheckVerdict.INSUFFICIENT
    return night.get(key, silent)


def lingering(tonight: Mapping[Key, Finding], earlier: Sequence[Mapping[Key, CheckVerdict]]) -> dict[Key, Finding]:
    """Return a finding for each slice that a night before held and that has too few observations tonight.

    It counts with the shop again; a gate that was closed opens only after clean nights all the same. A program that no
    longer requires the check lets it go.
    """
    return {
        (check, scope, program): Finding(scope=scope, verdict=CheckVerdict.PASS, reason=words.counts_with_the_shop())
        for night in earlier
        for (check, scope, program), verdict in night.items()
        if verdict not in OPEN
        and (check, scope, program) not in tonight
        and (check, SHOP, program) in tonight
        and is_slice(CHECKS[check], scope)
    }


def night_findings(
    evidence: NightEvidence, required: Mapping[str, tuple[Check, ...]], limits: Limits
) -> dict[Key, Finding]:
    """Return what one night's counts say, for each check, scope and program that requires it."""
    by_scope = {name: _by_scope(check, evidence, limits[name]) for name, check in CHECKS.items()}
    found: dict[Key, Finding] = {}
    for program, checks in required.items():
        held = frozenset(
            scope
            for check in checks
            for scope, finding in by_scope[check.name].items()
            if finding.verdict not in OPEN and program != WATCHED
        )
        for check in checks:
            scopes = [_of_shop(check, evidence, limits[check.name], held), *by_scope[check.name].values()]
            if check.measure is Measure.FEED:
                scopes.extend(source_feeds(check, evidence, limits[check.name]))
            found.update({(check.name, finding.scope, program): finding for finding in scopes})
    return found


def _by_scope(check: Check, evidence: NightEvidence, limits: Mapping[str, float]) -> dict[str, Finding]:
    if not check.scopes:
        return {}
    judge = carrier_feeds if check.measure is Measure.FEED else scope_findings
    return judge(check, evidence, limits)


_OF_SHOP = {
    Measure.FEED: shop_feed,
    Measure.RATE: shop_rate,
    Measure.QUANTILE: shop_rate,
    Measure.FAULTS: shop_faults,
}


def _of_shop(check: Check, evidence: NightEvidence, limits: Mapping[str, float], held: frozenset[str]) -> Finding:
    missing = sorted(set(check.needs) - evidence.present)
    if missing:
        return Finding(scope=SHOP, verdict=CheckVerdict.INSUFFICIENT, reason=words.missing_tables(missing))
    return _OF_SHOP[check.measure](check, evidence, limits, held)


def _recorded(history: pa.Table | None) -> dict[date, dict[Key, CheckVerdict]]:
    """Return the recorded verdicts by night; of a check that the product no longer has, none."""
    nights: dict[date, dict[Key, CheckVerdict]] = {}
    for row in history.to_pylist() if history is not None else ():
        if row["check"] in CHECKS:
            key = (row["check"], row["scope"], row["program"])
            nights.setdefault(row["night"], {})[key] = CheckVerdict(row["raw_verdict"])
    return nights


def _row(key: Key, found: Finding, earlier: Sequence[CheckVerdict]) -> Row:
    check, _, program = key
    verdict, clean_nights = after_hysteresis(found.verdict, earlier)
    reason = found.reason if verdict is found.verdict else f"{words.still_closed(clean_nights)} {found.reason}"
    return Row(check=CHECKS[check], program=program, found=found, verdict=verdict, reason=reason)


def _readiness(rows: Sequence[Row], programs: Mapping[str, Program]) -> Readiness:
    verdicts = {name: _program_readiness([row for row in rows if row.program == name]) for name in sorted(programs)}
    lockable = [verdicts[name] for name in verdicts if programs[name].kind != "service"]
    held_scopes = {
        (row.check.name, row.found.scope)
        for row in rows
        if row.program != WATCHED
        and row.found.scope.startswith(("carrier:", "region:", "category:"))
        and row.verdict not in OPEN
    }
    return Readiness(
        table=table_of(rows),
        program_verdicts=verdicts,
        held_scopes=tuple(sorted(held_scopes)),
        all_marketing_held=bool(lockable) and not any(verdict.is_open for verdict in lockable),
    )


_BY_GRAVITY = (CheckVerdict.HOLD, CheckVerdict.INSUFFICIENT, CheckVerdict.WARN)


def _program_readiness(rows: Sequence[Row]) -> ProgramReadiness:
    of_shop = [row for row in rows if row.found.scope == SHOP]
    for verdict in _BY_GRAVITY:
        reasons = [
            f"{row.check.name.replace('_', ' ')}: {row.reason}"
            for row in of_shop
            if row.verdict is verdict or (verdict not in OPEN and row.verdict not in OPEN)
        ]
        if any(row.verdict is verdict for row in of_shop):
            return ProgramReadiness(verdict=verdict, reasons=tuple(reasons))
    return ProgramReadiness(verdict=CheckVerdict.PASS, reasons=())
