"""``postlude import``: a system's files → landed rows → the canonical tables of a data folder.

Every file is read, checked and landed aside; then all canonical tables are assembled anew from all that ever landed,
and only at the end does anything in the data folder change.
"""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from personalization.contracts import TABLES
from personalization.errors import BadInput, WrongUse
from personalization.progress import watch
from personalization.settings import suggest
from personalization.sources.checking_reasons import most_frequent
from personalization.sources.importing.adapter import System
from personalization.sources.importing.assembling import Joined, assemble
from personalization.sources.importing.currencies import count_currencies
from personalization.sources.importing.feeds import (
    FOLDER,
    Imported,
    feeds_of,
    imports_content,
    landed_path,
    read_imports,
    reading_of,
)
from personalization.sources.importing.identity import IDENTITIES, read_keep_apart
from personalization.sources.importing.kept import kept_content, kept_path, known_systems
from personalization.sources.importing.landing import (
    Staged,
    count_passed_over,
    merge,
    newest_instant,
    refuse_lost_lines,
    stage,
)
from personalization.sources.importing.list_age import LIST, date_list, made_at
from personalization.sources.importing.opening import require_export_file, require_unchanged
from personalization.sources.importing.raw import Raw, close_raw, open_raw
from personalization.sources.importing.summary import (
    Summary,
    basis_of,
    standing_summary,
    summary_content,
    summary_path,
)
from personalization.sources.reading import quoted
from personalization.sources.writing import write_relation
from personalization.store.files import file_digest, write_json, write_parquet


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one call imports, where to, and what it may assume.

    now is when the shop learns of the rows, a naive UTC instant. exported_at is when the files were made, if somebody
    knows; else a file is as new as its own time says, or as the newest moment in it. region (ISO 3166) is where
    telephone numbers without a prefix are from; currency (ISO 4217) is the shop's own, for prices that stand without
    one (XXX: nobody knows); max_bad_share is the share (0 to 1) of a file's rows that may be quarantined.
    """

    system: System
    files: Sequence[Path]
    out: Path
    now: datetime
    exported_at: datetime | None = None
    region: str | None = None
    currency: str = "XXX"
    max_bad_share: float = 0.02
    threads: int = 2
    memory_limit: str = "1200MB"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReport:
    """What became of one file: rows = kept + quarantined. is_known: it was imported before, so nothing was done.

    currencies counts the rows in each currency, the most frequent first.
    """

    imported: Imported
    is_known: bool
    reasons: tuple[str, ...]
    currencies: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import did: file by file, the rows of each canonical table now, and how well systems join."""

    files: tuple[FileReport, ...]
    tables: Mapping[str, int]
    joined: tuple[Joined, ...]
    people: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """One call at work: what is asked, in which database, and the folder that is being built."""

    asked: Asked
    connection: duckdb.DuckDBPyConnection
    building: Path
    on_step: Callable[[str], None]


def import_files(
    asked: Asked, systems: Mapping[str, System], *, on_step: Callable[[str], None] = lambda _: None
) -> ImportReport:
    """Import one system's files and return what became of every row. See import_together."""
    return import_together([asked], systems, on_step=on_step)


def import_together(
    asked: Sequence[Asked], systems: Mapping[str, System], *, on_step: Callable[[str], None] = lambda _: None
) -> ImportReport:
    """Import the files of several systems into one folder, all or none, and work out the tables once.

    *systems* are all that may have been imported before; the first of *asked* says where to and when. on_step is told
    what is being done. Raises BadInput, and leaves the data folder as it was, when a file cannot be read, is none of
    the system's exports, or has too many bad rows.
    """
    first = asked[0]
    imports = read_imports(first.out)
    known: Mapping[str, System] = systems
    for one in asked:
        known = known_systems(one.out, known, one.system)
        _refuse_foreign_tables(one.out, imports, one.system)
    is_new = not first.out.exists()
    building = first.out / ".importing"
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    try:
        with duckdb.connect(str(building / "import.duckdb")) as connection:
            work = _Work(asked=first, connection=connection, building=building, on_step=on_step)
            _set_up(work)
            watch(on_step, lambda: _percent(connection))
            reports = [report for one in asked for report in _import_files_of(replace(work, asked=one), imports)]
            basis = basis_of(imports, keep_apart=read_keep_apart(first.out), region=first.region)
            summary = standing_summary(first.out, basis)
            if summary is None:
                on_step("assembling the tables")
                summary = _assemble(work, imports, known)
        write_json(building / FOLDER / "imports.json", imports_content(imports))
        write_json(summary_path(building), summary_content(summary, basis))
        for one in asked:
            if one.system.is_mapped:
                write_json(kept_path(building, one.system), kept_content(known[one.system.name]))
        _move_into_place(building, first)
        date_list(first.out / f"{LIST}.parquet", imports)  # its age counts (docs/adr/0005): it is that of the export
    finally:
        shutil.rmtree(building, ignore_errors=True)
        if is_new and not any(first.out.iterdir()):
            first.out.rmdir()
    return ImportReport(files=tuple(reports), tables=summary.tables, joined=summary.joined, people=summary.people)


def _import_files_of(work: _Work, imports: list[Imported]) -> list[FileReport]:
    """Land the files of one system, and add those that are new to *imports*."""
    return [_import_file(work, path, imports) for path in work.asked.files]


def _people(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Return how many mentions of people each rule joined, and how many accounts were merged."""
    found = connection.execute("SELECT reason, count(*) FROM identities GROUP BY ALL ORDER BY ALL").fetchall()
    [(merged,)] = connection.execute("SELECT count(*) FROM merges").fetchall()
    return {**{str(reason): int(count) for reason, count in found}, "merged accounts": int(merged)}


def system_of(name: str, systems: Mapping[str, System], *, others: Sequence[str] = ()) -> System:
    """Return the system called *name*; raises WrongUse with the nearest one for another.

    others are the names that are read in a way of their own, and may be named too.
    """
    if name not in systems:
        hint = suggest(name, [*systems, *others])
        raise WrongUse(f"'{name}' is no system that can be imported{hint if hint.startswith(';') else '.' + hint}")
    return systems[name]


def _percent(connection: duckdb.DuckDBPyConnection) -> float | None:
    """Return how much of the query at work is done; it is asked from another thread, and maybe after the end."""
    try:
        return connection.query_progress()
    except duckdb.Error:
        return None


def _set_up(work: _Work) -> None:
    work.connection.execute("SET enable_progress_bar = true")  # else it does not count; we show it, not DuckDB
    work.connection.execute("SET enable_progress_bar_print = false")
    work.connection.execute("SET TimeZone = 'UTC'")
    work.connection.execute(f"SET VARIABLE shop_currency = '{work.asked.currency}'")
    work.connection.execute(f"SET VARIABLE imported_at = TIMESTAMP '{work.asked.now}'")
    work.connection.execute(f"SET threads = {work.asked.threads}")
    work.connection.execute(f"SET memory_limit = '{work.asked.memory_limit}'")
    work.connection.execute(f"SET temp_directory = {quoted(work.building / 'spill')}")


def _refuse_foreign_tables(out: Path, imports: Iterable[Imported], system: System) -> None:
    """Raise BadInput when a table of the folder was not written by an import: it may be all that the shop has."""
    ours = {name for one in imports for name in one.tables} | ({"customers"} if imports else set())
    landing = {landing.table for shape in system.shapes for landing in shape.landings} | {"customers"}
    for name in sorted(landing - ours):
        for path in sorted(out.glob(f"{name}.*")):
            if path.suffix in (".parquet", ".csv", ".jsonl"):
                raise BadInput(
                    f"{path}: was not written by an import, which would replace it; import into a folder of its own, or"
                    " import this file too, with the system 'generic'"
                )


def _import_file(work: _Work, path: Path, imports: list[Imported]) -> FileReport:
    """Read, check and land one file, and add it to *imports*.

    One with the same bytes as before is left alone, unless it was exported anew since, so that its words hold again,
    or is now read in another way.
    """
    asked, connection = work.asked, work.connection
    stamp = require_export_file(path)
    digest = file_digest(path)
    made = made_at(path, exported_at=asked.exported_at, now=asked.now).isoformat()
    known_at = None
    for place, known in enumerate(imports):
        if known.system == asked.system.name and known.digest == digest:
            known_at = place
            if known.reading != reading_of(asked.system) or _is_exported_anew(path, known, asked):
                break
            if LIST in known.tables:  # the same bytes, exported again: nobody is new, and the list is whole until then
                imports[place] = replace(known, made_at=max(known.made_at, made))
            return FileReport(imported=known, is_known=True, reasons=(), currencies={})
    work.on_step(f"{path.name}: reading")
    raw = open_raw(connection, asked.system, path)
    refuse_lost_lines(raw.shape, raw.broken, file=raw.file)
    if raw.shape.prepare is not None:
        try:
            raw.shape.prepare(connection)
        except BadInput as error:
            raise BadInput(f"{path.name}: {error}") from error
    work.on_step(f"{path.name}: checking {raw.rows:,} rows")
    staged = [stage(connection, landing, file=path.name, now=asked.now) for landing in raw.shape.landings]
    quarantine = pa.concat_tables([raw.broken, *(one.quarantine for one in staged)])
    newest = newest_instant(connection, staged, now=asked.now)
    as_of = asked.exported_at or _as_new_as(path, newest, now=asked.now)
    bad = len(pc.unique(quarantine["row"]))
    passed_over = count_passed_over(connection, staged, quarantine)
    imported = replace(
        _imported(asked, raw, staged, digest=digest, as_of=as_of, bad=bad), made_at=made, passed_over=passed_over
    )
    if imported.quarantined > asked.max_bad_share * imported.rows:
        raise BadInput(_too_many_bad(imported, quarantine, asked.max_bad_share))
    require_unchanged(path, stamp)
    currencies = count_currencies(connection, raw, staged)
    work.on_step(f"{path.name}: keeping what is new")
    for one in staged:
        _land(work, raw, one, as_of=as_of)
    close_raw(connection)
    _keep_quarantine(work, imported, quarantine)
    if known_at is None:
        imports.append(imported)
    else:
        imports[known_at] = replace(imported, imported_at=min(imports[known_at].imported_at, imported.imported_at))
    reasons = tuple(most_frequent(quarantine)) if quarantine.num_rows else ()
    return FileReport(imported=imported, is_known=False, reasons=reasons, currencies=currencies)


def _imported(asked: Asked, raw: Raw, staged: list[Staged], *, digest: str, as_of: datetime, bad: int) -> Imported:
    return Imported(
        system=asked.system.name,
        shape=raw.shape.name,
        file=raw.file,
        digest=digest,
        imported_at=asked.now.isoformat(),
        as_of=as_of.isoformat(),
        rows=raw.rows,
        kept=raw.rows - bad,
        quarantined=bad,
        unknown_words={name: count for one in staged for name, count in one.unknown.items()},
        classified={how: count for one in staged for how, count in one.classified.items()},
        tables={one.landing.table: one.rows for one in staged},
        reading=reading_of(asked.system),
    )


def _is_exported_anew(path: Path, known: Imported, asked: Asked) -> bool:
    """Return whether a file of known bytes was made later than when they were imported before."""
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
    made = asked.exported_at or (written if written <= asked.now else None)
    return made is not None and made > datetime.fromisoformat(known.as_of)


def _as_new_as(path: Path, newest: datetime | None, *, now: datetime) -> datetime:
    """Return how new a file is: as its own time says, and no older than the newest moment in it.

    A later export of a few old orders tells of nothing new, so the file's own time counts before what stands in it. A
    time after *now* says nothing.
    """
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
    if written > now:
        return newest or now
    return max(written, newest or written)


def _too_many_bad(imported: Imported, quarantine: pa.Table, allowed: float) -> str:
    return (
        f"{imported.file}: {imported.quarantined:,} of {imported.rows:,} rows are bad"
        f" ({imported.quarantined / imported.rows:.1%}; at most {allowed:.1%} may be). Most frequent:"
        f" {'; '.join(most_frequent(quarantine))}. Correct the export; to go on without these rows raise max_bad_share"
        " under [import] in shop.toml"
    )


def _land(work: _Work, raw: Raw, staged: Staged, *, as_of: datetime) -> None:
    """Write the landed table of one landing, with what landed before, into the folder that is being built."""
    system, table = work.asked.system, staged.landing.table
    target = landed_path(work.building, system, raw.shape.name, table)
    before = target if target.exists() else landed_path(work.asked.out, system, raw.shape.name, table)
    # A kind of row that the file could have had, and never had; of suppressions an empty list is one too.
    if not staged.rows and not before.exists() and table != LIST:
        work.connection.execute(f"DROP TABLE staged_{table}")
        return
    earlier = before if before.exists() else None
    select = merge(work.connection, staged, earlier=earlier, as_of=as_of, now=work.asked.now)
    write_relation(work.connection, select, target)
    work.connection.execute(f"DROP TABLE staged_{table}")


def _keep_quarantine(work: _Work, imported: Imported, quarantine: pa.Table) -> None:
    """Add the bad rows of one import to the list of all."""
    target = work.building / FOLDER / "quarantine.parquet"
    earlier = target if target.exists() else work.asked.out / FOLDER / "quarantine.parquet"
    named = quarantine.add_column(0, "digest", pa.array([imported.digest] * quarantine.num_rows, pa.string()))
    known = [pq.read_table(earlier)] if earlier.exists() else []
    known = [table.filter(pc.not_equal(table["digest"], imported.digest)) for table in known]
    order = [(name, "ascending") for name in ("digest", "row", "column", "reason")]
    write_parquet(target, pa.concat_tables([*known, named]).sort_by(order))


def _assemble(work: _Work, imports: list[Imported], systems: Mapping[str, System]) -> Summary:
    """Write every canonical table, its past and the identities into the folder that is being built."""
    asked, connection, building = work.asked, work.connection, work.building
    feeds = feeds_of(asked.out, imports, systems)
    for name, found in feeds_of(building, imports, systems).items():  # what this call landed replaces what lay there
        landed = {feed.name: feed for feed in found}
        kept = [feed for feed in feeds.get(name, []) if feed.name not in landed]
        feeds[name] = sorted([*kept, *landed.values()], key=lambda feed: (feed.rank, feed.name))
    joined = assemble(connection, feeds, keep_apart=read_keep_apart(asked.out), region=asked.region)
    built = {str(name) for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()}
    rows: dict[str, int] = {}
    for name in TABLES:
        if f"out_{name}" not in built:
            continue
        rows[name] = write_relation(connection, f"SELECT * FROM out_{name}", building / f"{name}.parquet")
        if connection.execute(f"SELECT 1 FROM past_{name} LIMIT 1").fetchall():
            past = building / FOLDER / "past" / f"{name}.parquet"
            write_relation(connection, f"SELECT * FROM past_{name}", past)
    write_relation(connection, IDENTITIES, building / FOLDER / "identities.parquet")
    return Summary(tables=rows, joined=tuple(joined), people=_people(connection))


def _move_into_place(building: Path, asked: Asked) -> None:
    """Replace what changed in the data folder; a table that is the same keeps its file and its age."""
    for path in (building / "import.duckdb", building / "import.duckdb.wal"):
        path.unlink(missing_ok=True)
    shutil.rmtree(building / "spill", ignore_errors=True)
    for past in (asked.out / FOLDER / "past").glob("*.parquet"):
        has_none = not (building / FOLDER / "past" / past.name).exists()
        if has_none and (building / past.name).exists():
            past.unlink()  # what was changed came back as it had been
    for built in sorted(building.rglob("*.*")):
        if built.is_dir():
            continue
        target = asked.out / built.relative_to(building)
        if target.exists() and file_digest(target) == file_digest(built):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        built.replace(target)
