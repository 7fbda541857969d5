"""Sends one run's approved messages that are due, each once, and accounts for all of them.

Running it again, at once or after a crash at any point, sends nothing twice and loses nothing.
"""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine, Row

from personalization.errors import BadInput, PostludeError, WrongUse
from personalization.export import ledger
from personalization.export.destination import Batch, Destination, Outcome
from personalization.export.recheck import DUE, EXPIRED, NOT_DUE, REFUSED, WITHHELD, Recheck, judge
from personalization.export.report import ExportReport, Left, SortedOut, report_dry_run, report_export
from personalization.export.suppressions import accept_suppression_counts, refuse_unfit_suppressions
from personalization.export.switch import exports_paused
from personalization.settings import Shop
from personalization.store.decisions import approved_digests, standing_decision
from personalization.store.run_folder import MESSAGES, Manifest, find_run, verify_run
from personalization.store.state import reading, writing
from personalization.store.tables import Decision, RunStatus, SendStatus

_WAIT_SECONDS = 60  # for another export to the same destination
_OUTCOMES = (DUE, NOT_DUE, EXPIRED, WITHHELD, REFUSED)
_UNNEEDED = frozenset({"html", "text"})  # kept for the review sample only


def _say_nothing(_step: str) -> None:
    """Ignore that a step was done."""


def refuse_demo(*, shop: Shop, recheck: Recheck, destination: Destination) -> None:
    """Raise WrongUse when data of a demo, marked so in the settings or the data folder, would leave this machine."""
    if (shop.is_demo or recheck.is_simulated) and not destination.is_local(shop):
        raise WrongUse(f"demo data go only to files and to this machine, not to {destination.name}")


def export_run(
    engine: Engine,
    *,
    run: Path,
    shop: Shop,
    destination: Destination,
    now: datetime,
    recheck: Recheck,
    is_dry_run: bool = False,
    on_step: Callable[[str], None] = _say_nothing,
) -> ExportReport:
    """Send the approved messages of the run folder *run* that are due at *now*, a naive UTC instant.

    Those past their window are recorded as expired, those whose recipient objects, or whose content no longer holds, as
    withheld. Those that the newest data forbid for another reason stay as they are: a later export sends them when the
    reason has passed, or they expire. A dry run writes nothing anywhere. on_step is called after each step of a batch
    with its name, such as for a progress bar.

    Raises WrongUse when the run is not approved, was voided or has changed, BadInput when the suppressions are unfit,
    DestinationUnavailable or DestinationRejected when the destination fails, StateUnavailable when another export runs.
    """
    refuse_demo(shop=shop, recheck=recheck, destination=destination)
    manifest = verify_run(run)
    with ledger.sole_sender(engine, destination.name, wait_seconds=_WAIT_SECONDS):
        if not is_dry_run:
            ledger.settle_dead(engine, destination, shop=shop, now=now)
        order = _approved(engine, run=run, manifest=manifest, destination=destination, shop=shop)
        sorted_out = _sort_out(engine, order, now=now, recheck=recheck)
        due = sorted_out.judged[DUE]
        channels = set(due["channel"].to_pylist())
        if channels and not sorted_out.is_paused:
            refuse_unfit_suppressions(engine, recheck=recheck, channels=channels, now=now, settings=shop.export)
        if is_dry_run:
            return report_dry_run(sorted_out, run_date=manifest.run_date, destination=destination.name)
        left = Left(batches=(), claimed=0, deferred=0, is_stopped=sorted_out.is_paused)
        _record_unsent(engine, order, sorted_out, now=now)
        if channels and not sorted_out.is_paused:
            _trust(engine, recheck, channels)
            left = _send_all(engine, order, due, destination=destination, shop=shop, now=now, on_step=on_step)
        return report_export(
            sorted_out, left, _statuses(engine, order), run_date=manifest.run_date, destination=destination.name
        )


def refuse_unapproved(engine: Engine, *, run: Path, manifest: Manifest) -> None:
    """Raise WrongUse, as export_run would, where nothing of the build may leave; before anything costly is asked."""
    with reading(engine) as connection:
        _standing(connection, run, manifest.digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What may be sent of a run: the messages that the standing approval covers, ordered by message_id."""

    run: Path
    manifest: Manifest
    approval_id: int
    claim: ledger.Claim
    messages: pa.Table


def _approved(engine: Engine, *, run: Path, manifest: Manifest, destination: Destination, shop: Shop) -> _Order:
    with reading(engine) as connection:
        row, approval = _standing(connection, run, manifest.digest)
        digests = approved_digests(connection, approval)
    names = [name for name in pq.read_schema(run / MESSAGES).names if name not in _UNNEEDED]
    messages = pq.read_table(run / MESSAGES, columns=names).sort_by("message_id")
    if len(pc.unique(messages["message_id"])) != len(messages):
        raise BadInput(f"{run / MESSAGES}: a message_id stands there twice; run the night again")
    if digests is not None:
        messages = messages.filter(pc.is_in(messages["digest"], value_set=pa.array(sorted(digests), pa.string())))
    claim = ledger.Claim(
        run_id=row.run_id,
        run_date=manifest.run_date,
        destination=destination.name,
        token=secrets.token_hex(8),
        classes={name: program.kind for name, program in shop.programs.items()},
    )
    return _Order(run=run, manifest=manifest, approval_id=approval.approval_id, claim=claim, messages=messages)


def _standing(connection: Connection, run: Path, digest: str) -> tuple[Row[Any], Row[Any]]:
    """Return the run and the approval that lets it go.

    Raises WrongUse when there is none, or when what was published or approved is another build.
    """
    row = find_run(connection, run, digest)
    if row is None:
        raise WrongUse(f"{run}: this build was never published here, so nothing of it is sent")
    if row.status == RunStatus.VOIDED:
        raise WrongUse(f"{run}: voided, {row.void_reason}; nothing more of it is sent")
    if row.is_held:
        raise WrongUse(f"{run}: every marketing program was held that night, so there is nothing to approve or to send")
    approval = standing_decision(connection, row.run_id)
    if approval is None or approval.manifest_digest != digest:
        raise WrongUse(f"{run}: not approved, so nothing is sent; `postlude review approve --run {run}` approves it")
    if approval.decision == Decision.REJECT:
        raise WrongUse(f"{run}: rejected by {approval.reviewer}: {approval.reason}; nothing more of it is sent")
    return row, approval


def _sort_out(engine: Engine, order: _Order, *, now: datetime, recheck: Recheck) -> SortedOut:
    known = _statuses(engine, order)
    # A dry run may meet the reservations of an export that died; nothing of them left.
    known = known.filter(pc.not_equal(known["status"], SendStatus.RESERVED))
    messages = _without(order.messages, known["message_id"])
    claim = order.claim
    with reading(engine) as connection:
        ids = messages["message_id"].to_pylist()
        taken = ledger.live_elsewhere(connection, ids, run_id=claim.run_id, destination=claim.destination)
        is_paused = exports_paused(connection)
    messages = _without(messages, pa.array(taken, pa.string()))
    judged = judge(messages, now=now, recheck=recheck)
    return SortedOut(
        approved=order.messages.num_rows,
        before=known,
        elsewhere=len(taken),
        judged={word: judged.filter(pc.equal(judged["outcome"], word)) for word in _OUTCOMES},
        is_paused=is_paused,
    )


def _statuses(engine: Engine, order: _Order) -> pa.Table:
    with reading(engine) as connection:
        known = ledger.statuses(connection, run_id=order.claim.run_id, destination=order.claim.destination)
    is_approved = pc.is_in(known["message_id"], value_set=_array(order.messages["message_id"]))
    return known.filter(is_approved)


def _without(messages: pa.Table, ids: Any) -> pa.Table:
    return messages.filter(pc.invert(pc.is_in(messages["message_id"], value_set=_array(ids))))


def _array(column: Any) -> pa.Array:
    return pa.array(column.to_pylist(), pa.string())


def _record_unsent(engine: Engine, order: _Order, sorted_out: SortedOut, *, now: datetime) -> None:
    final = {EXPIRED: SendStatus.EXPIRED, REFUSED: SendStatus.WITHHELD}
    for outcome, status in final.items():
        if outcome == REFUSED and sorted_out.is_paused:
            continue  # nothing is decided while exports are paused
        with writing(engine) as connection:
            ledger.record_unsent(connection, sorted_out.judged[outcome], order.claim, status=status, now=now)


def _trust(engine: Engine, recheck: Recheck, channels: set[str]) -> None:
    if recheck.suppressions_learned_at is not None:
        counts = {channel: recheck.suppression_counts.get(channel, 0) for channel in sorted(channels)}
        accept_suppression_counts(engine, counts, counted_at=recheck.suppressions_learned_at)


def _send_all(
    engine: Engine,
    order: _Order,
    due: pa.Table,
    *,
    destination: Destination,
    shop: Shop,
    now: datetime,
    on_step: Callable[[str], None],
) -> Left:
    names: list[str] = []
    claimed = deferred = 0
    for start in range(0, due.num_rows, destination.limits.batch_messages):
        some = due.slice(start, destination.limits.batch_messages)
        batch = _claim(engine, order, some, now=now)
        if batch is None:
            return Left(batches=tuple(names), claimed=claimed, deferred=deferred, is_stopped=True)
        on_step("reserved")
        if batch.messages is None or batch.messages.num_rows == 0:
            continue
        with writing(engine) as connection:
            ledger.mark_sending(connection, order.claim, batch=batch.name, now=now)
        on_step("sending")
        outcome = _sent(engine, order, batch, destination=destination, shop=shop)
        on_step("sent")
        with writing(engine) as connection:
            ledger.mark_answered(connection, order.claim, outcome, now=now)
        on_step("answered")
        names.append(batch.name)
        claimed += batch.messages.num_rows - len(outcome.later)
        deferred += len(outcome.later)
    return Left(batches=tuple(names), claimed=claimed, deferred=deferred, is_stopped=False)


def _sent(engine: Engine, order: _Order, batch: Batch, *, destination: Destination, shop: Shop) -> Outcome:
    """Send a batch; where the destination did surely not take it, it is let go before the error goes on."""
    try:
        return destination.send(batch, shop)
    except PostludeError:
        if destination.lets_go_on_error:
            with writing(engine) as connection:
                ledger.let_go(connection, order.claim)
        raise


def _claim(engine: Engine, order: _Order, messages: pa.Table, *, now: datetime) -> Batch | None:
    """Return those of *messages* that could be reserved, as a batch; None when exports were paused meanwhile."""
    with writing(engine) as connection:
        if exports_paused(connection):
            return None
        _, approval = _standing(connection, order.run, order.manifest.digest)
        if approval.approval_id != order.approval_id:
            raise WrongUse(f"{order.run}: decided anew while it was being sent; export it again")
        free = ledger.reserve(connection, messages, order.claim, now=now)
    claimed = messages.filter(pc.is_in(messages["message_id"], value_set=pa.array(sorted(free), pa.string())))
    content = hashlib.sha256()
    for message_id, digest in zip(claimed["message_id"].to_pylist(), claimed["digest"].to_pylist(), strict=True):
        content.update(f"{message_id} {digest}\n".encode())
    return Batch(run_date=order.claim.run_date, name=content.hexdigest()[:16], messages=claimed)
