"""Files in a folder: JSON lines for machines, CSV for people.

``<files_dir>/<run_date>/files-<batch>.jsonl`` and ``.csv``, written whole. The JSON lines file counts: where it is, the
batch has landed, and so a crash at any point can be settled. Both hold addresses; guard the folder accordingly.
"""

import csv
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from personalization.errors import DestinationUnavailable
from personalization.export.destination import Batch, Destination, Limits, Outcome
from personalization.settings import Shop
from personalization.store.files import formula_guarded, whole_file
from personalization.unsubscribe_links import read_keys, sign_properties

NAME = "files"
_COLUMNS = (
    "message_id",
    "customer_id",
    "email",
    "program",
    "variant",
    "channel",
    "locale",
    "send_at",
    "expires_at",
    "subject",
    "preheader",
    "properties",
)


def send(batch: Batch, shop: Shop) -> Outcome:
    """Write the batch's two files; every message is accepted. Unsubscribe links are signed where the shop has an app.

    Raises DestinationUnavailable when the folder cannot be written, such as when the disk is full.
    """
    if batch.messages is None:
        raise ValueError("a batch without messages cannot be sent")
    keys = read_keys() if shop.unsubscribe.url else ()
    rows = [_row(message, keys) for message in batch.messages.select([*_COLUMNS]).to_pylist()]
    machine, people = _paths(batch, shop)
    try:
        with whole_file(people) as partial:
            _write_csv(partial, rows)
        with whole_file(machine) as partial:
            _write_lines(partial, rows)
        _keep_names(machine.parent)
    except OSError as error:
        raise DestinationUnavailable(f"{machine.parent}: cannot be written: {error.strerror}") from error
    return Outcome()


def has_landed(batch: Batch, shop: Shop) -> bool:
    """Return whether the batch's JSON lines are there; where they are not, what a crash left of it is removed."""
    machine, people = _paths(batch, shop)
    if machine.exists():
        return True
    for left in (people, *(path.with_name(f"{path.name}.part") for path in (machine, people))):
        left.unlink(missing_ok=True)
    return False


def _paths(batch: Batch, shop: Shop) -> tuple[Path, Path]:
    folder = shop.root / shop.export.files_dir / batch.run_date.isoformat()
    return folder / f"{NAME}-{batch.name}.jsonl", folder / f"{NAME}-{batch.name}.csv"


def _row(message: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    times = {name: message[name].isoformat() + "Z" for name in ("send_at", "expires_at")}
    properties = json.loads(message["properties"])
    return {**message, **times, "properties": sign_properties(properties, keys=keys) if keys else properties}


def _write_lines(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)


def _write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    # The byte order mark tells a spreadsheet program that this is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        sheet = csv.writer(file)
        sheet.writerow(_COLUMNS)
        for row in rows:
            cells = {**row, "properties": json.dumps(row["properties"], ensure_ascii=False, sort_keys=True)}
            sheet.writerow(["" if cells[name] is None else formula_guarded(str(cells[name])) for name in _COLUMNS])


def _keep_names(folder: Path) -> None:
    """Have the new names survive a power cut: the ledger is about to say that the files are there."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


DESTINATION = Destination(
    name=NAME,
    limits=Limits(batch_messages=50_000),
    send=send,
    has_landed=has_landed,
    is_local=lambda _shop: True,
)
