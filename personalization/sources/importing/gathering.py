"""Gathers what a mapping reads: queries are run, other encodings become UTF-8, and every header is looked at first."""

import codecs
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from personalization.errors import BadInput, WrongUse
from personalization.settings import suggest
from personalization.sources.importing.adapter import Shape, System
from personalization.sources.importing.mapping import SourceMapping, TableMapping
from personalization.sources.importing.opening import require_export_file
from personalization.sources.importing.querying import connection_url, keep_query_rows
from personalization.sources.reading_text import read_header

_CHUNK = 1 << 20


@contextmanager
def gathered(mapping: SourceMapping, system: System, files: Sequence[Path], *, out: Path) -> Iterator[list[Path]]:
    """Give the files that an import of *mapping* reads; what was made for it alone is gone afterwards.

    Raises BadInput for a file that fits no name of the mapping or lacks a column, before a row of any is read.
    """
    queries = [(shape, section) for shape, section in _sections(mapping, system) if section.query is not None]
    if not files and not queries:
        raise WrongUse(f"{mapping.path}: names no query, so name the files to import")
    urls = {
        shape.name: connection_url(str(section.connection), where=f"{mapping.path}: {shape.landings[0].table}")
        for shape, section in queries
    }
    is_new = not out.exists()
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".gathering-", dir=out))
    try:
        found = [_as_utf8(mapping, system, path, folder) for path in files]
        for shape, section in queries:
            target = folder / shape.files
            where = f"{mapping.path}: {shape.landings[0].table}"
            keep_query_rows(str(section.query), urls[shape.name], target, where=where)
            found.append(target)
        for path in found:
            _require_header(mapping, system, path)
        yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if is_new and out.exists() and not any(out.iterdir()):
            out.rmdir()


def _sections(mapping: SourceMapping, system: System) -> list[tuple[Shape, TableMapping]]:
    """Return each shape with the first of the sections that it was made of; they share file, query and form."""
    return [(shape, mapping.tables[shape.landings[0].table]) for shape in system.shapes]


def _shape_of(system: System, path: Path) -> Shape:
    fitting = [shape for shape in system.shapes if fnmatch(path.name, shape.files)]
    if len(fitting) != 1:
        patterns = ", ".join(f"{shape.name}: {shape.files}" for shape in system.shapes)
        fault = "fits none of the names" if not fitting else "fits more than one of the names"
        raise BadInput(
            f"{path.name}: {fault} that the mapping gives ({patterns}); rename the file, or mend the mapping"
        )
    return fitting[0]


def _as_utf8(mapping: SourceMapping, system: System, path: Path, folder: Path) -> Path:
    """Return the file itself, or where the mapping tells another encoding its copy in UTF-8."""
    require_export_file(path)
    shape = _shape_of(system, path)
    encoding = mapping.tables[shape.landings[0].table].encoding
    if shape.format == "parquet" or encoding == "utf-8":
        return path
    target = folder / path.name
    try:
        with path.open("rb") as source, target.open("w", encoding="utf-8", newline="") as copy:
            chunks = iter(lambda: source.read(_CHUNK), b"")
            copy.writelines(codecs.iterdecode(chunks, encoding))
    except UnicodeError:
        raise BadInput(f"{path.name}: is not written in {encoding}, as {mapping.path.name} says") from None
    return target


def _require_header(mapping: SourceMapping, system: System, path: Path) -> None:
    """Raise BadInput when a file lacks a column that the mapping reads, naming the nearest one that is there."""
    shape = _shape_of(system, path)
    if shape.format == "json":
        return  # an object tells its keys only when it is read; open_raw looks at them
    header = _header(path, shape)
    known = {name.strip().lower() for name in header}
    for landing in shape.landings:
        for name, key in mapping.tables[landing.table].source_columns.items():
            if name.lower() not in known:
                near = suggest(name, header).partition(" Allowed")[0]
                parted = "" if len(header) > 1 else "; only one column was found: is 'delimiter' right?"
                raise BadInput(
                    f"{path.name}: has no column '{name}', which {mapping.path.name} reads for {landing.table}.{key}"
                    f"{near}{parted}"
                )


def _header(path: Path, shape: Shape) -> list[str]:
    if shape.format == "csv":
        return [name.strip() for name in read_header(path, delimiter=shape.delimiter)]
    try:
        return [str(name) for name in pq.read_schema(path).names]
    except (pa.ArrowException, OSError) as error:
        raise BadInput(f"{path.name}: is not a Parquet file, or is cut off; export it again") from error
