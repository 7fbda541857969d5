"""Parts two customers whom the rules took for one, for good; see identity for the rules."""

import csv
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from personalization.errors import WrongUse
from personalization.sources.importing.adapter import System
from personalization.sources.importing.feeds import FOLDER, read_imports
from personalization.sources.importing.identity import KEEP_APART, read_keep_apart
from personalization.sources.importing.importer import Asked, ImportReport, import_files
from personalization.sources.importing.kept import known_systems
from personalization.store.files import whole_file


def part_people(
    one: str, other: str, *, out: Path, systems: Mapping[str, System], now: datetime, region: str | None
) -> ImportReport:
    """Keep two customers apart from now on, and work out the tables anew.

    one and other are customer ids, or the id that a system of its own has of a person. Raises WrongUse where nothing
    was imported into *out*, or nothing that was imported speaks of one of them.
    """
    imports = read_imports(out)
    if not imports:
        raise WrongUse(f"{out}: nothing was imported into this folder; name the data folder of the imports")
    known = _ids(out)
    for customer in (one, other):
        if customer not in known:
            raise WrongUse(f"'{customer}' is no customer of {out}; `postlude people list` shows who was joined")
    pairs = read_keep_apart(out)
    if (one, other) not in pairs:
        _write(out, [*pairs, (one, other)])
    asked = Asked(system=_any_system(out, systems, imports[0].system), files=(), out=out, now=now, region=region)
    return import_files(asked, systems)


def joined_people(out: Path) -> list[dict[str, str]]:
    """Return every account, profile or guest that the rules joined to a customer of another id, with the rule.

    Writers of tickets are left out: they are joined to their tickets' customers one by one. Raises WrongUse where
    nothing was imported into *out*.
    """
    path = out / FOLDER / "identities.parquet"
    if not path.exists():
        raise WrongUse(f"{out}: nothing was imported into this folder; name the data folder of the imports")
    found = pq.read_table(path, columns=["kind", "system", "own_id", "customer_id", "reason"])
    rows: list[dict[str, str]] = found.filter(pc.is_in(found["kind"], pa.array(["account", "profile"]))).to_pylist()
    return [row for row in rows if row["own_id"] and row["customer_id"] not in (None, row["own_id"])]


def _ids(out: Path) -> frozenset[str]:
    customers = pq.read_table(out / "customers.parquet", columns=["customer_id"])["customer_id"].to_pylist()
    own = pq.read_table(out / FOLDER / "identities.parquet", columns=["own_id"])["own_id"].to_pylist()
    return frozenset({*customers, *own} - {None})


def _write(out: Path, pairs: list[tuple[str, str]]) -> None:
    with (
        whole_file(out / FOLDER / KEEP_APART) as partial,
        partial.open("w", encoding="utf-8", newline="") as text,
    ):
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([("customer_id", "other_id"), *sorted(set(pairs))])


def _any_system(out: Path, systems: Mapping[str, System], name: str) -> System:
    """Return a system that was imported before, so that no table of the folder is a stranger's."""
    some = next(iter(systems.values()))
    return known_systems(out, systems, some)[name]
