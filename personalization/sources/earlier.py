"""What the shop knew of a row before its newest version came: imports keep that, so a past night can be looked at.

An import that brings a changed row says when the shop learned of the change. For a night before that, the row is not
unknown: it stands as it was. Without this every order that changed since would be missing on that night.
"""

from dataclasses import replace
from pathlib import Path

from personalization.sources.reading import Source, quoted

PAST = Path("imported") / "past"  # in the data folder; written by imports alone


def with_earlier_versions(source: Source, path: Path) -> Source:
    """Return *source* with each row that the shop learned of after the night as it stood before, where that is known.

    Needs the macro is_hidden (checking_past.set_cutoff). A row keeps its place, so the counts do not change.
    """
    past = path.parent / PAST / f"{source.table.name}.parquet"
    if path.suffix.lower() != ".parquet" or not past.exists() or "received_at" not in source.cells:
        return source
    learned = ", ".join(f'"{name}"' for name in ("received_at", source.table.event_at) if name is not None)
    is_later = f"is_hidden(CAST(coalesce({learned}) AS TIMESTAMP))"
    keys = ", ".join(f'"{name}"' for name in source.table.key)
    known = (
        f"SELECT * FROM read_parquet({quoted(past)}) WHERE NOT {is_later}"
        f" QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY received_at DESC NULLS LAST) = 1"
    )
    relation = (
        f"(WITH newest AS (SELECT *, {is_later} AS is_later FROM {source.relation}), known AS ({known})"
        f" SELECT * EXCLUDE (is_later) FROM newest ANTI JOIN (SELECT {keys}, true AS is_later FROM known)"
        f" USING ({keys}, is_later)"
        f" UNION ALL BY NAME SELECT known.*, newest.file_row FROM newest INNER JOIN known USING ({keys})"
        " WHERE newest.is_later) AS arriving"
    )
    return replace(source, relation=relation)
