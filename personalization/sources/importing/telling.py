"""What an import says of itself: every row accounted for, every unknown word counted, how well systems join."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from personalization.sources.importing.importer import FileReport, ImportReport


def report_text(report: ImportReport) -> str:
    """Return the report as plain text."""
    lines = [line for one in report.files for line in _file_lines(one)]
    lines.append("rows in the tables now")
    lines += [f"  {name:<28}{count:>12,}" for name, count in report.tables.items()]
    lines.append("how systems join")
    lines += [
        f"  {f'{one.table}.{one.column}':<28}{one.joined:>12,} of {one.rows:,} ({_share(one.joined, one.rows)})"
        for one in report.joined
    ]
    lines.append("how people were found")
    lines += [f"  {reason:<28}{count:>12,}" for reason, count in report.people.items()]
    return "\n".join(lines)


def _file_lines(one: FileReport) -> Iterator[str]:
    imported = one.imported
    if one.is_known:
        yield f"{imported.file}: was imported on {imported.imported_at[:10]}; nothing to do"
        return
    yield (
        f"{imported.file} ({imported.system} {imported.shape}): {imported.rows:,} rows = {imported.kept:,} kept +"
        f" {imported.quarantined:,} quarantined"
    )
    yield from (f"  quarantined: {reason}" for reason in one.reasons)
    if imported.passed_over:
        yield f"  {imported.passed_over:,} of the rows kept are no row of any table: left out on purpose, or not known"
    if len(one.currencies) > 1:
        most, *others = one.currencies
        counted = ", ".join(f"{code} {one.currencies[code]:,}" for code in others)
        yield f"  most rows are in {most} ({one.currencies[most]:,}), others are kept as they are: {counted}"
    yield from (
        f"  {count:,} words of {table} are not known and became 'unknown' or the safest word"
        for table, count in imported.unknown_words.items()
    )
    classified = sum(imported.classified.values())
    yield from (
        f"  contact reason by {how}: {count:,} ({_share(count, classified)})"
        for how, count in imported.classified.items()
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "no rows"


def report_content(report: ImportReport) -> Mapping[str, Any]:
    """Return the report as JSON content."""
    return asdict(report)
