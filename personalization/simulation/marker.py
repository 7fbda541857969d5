"""The marker that says what in a data folder is simulated: the report prints it, the export lets nothing of it out."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from personalization.errors import BadInput
from personalization.store.files import write_json

MARKER = "simulated.json"


def refuse_real_tables(data: Path, names: Sequence[str]) -> None:
    """Raise BadInput when the folder holds one of the tables *names* that no simulation wrote."""
    simulated = _marked(data / MARKER)
    for name in names:
        found = [path.name for path in sorted(data.glob(f"{name}.*")) if path.suffix in (".parquet", ".csv", ".jsonl")]
        if found and name not in simulated:
            raise BadInput(
                f"{data / found[0]}: not written by a simulation, so it is not replaced; simulate onto purchases alone"
            )


def write_marker(data: Path, *, tables: Sequence[str], seed: int, until: datetime, parameters: dict[str, Any]) -> None:
    """Write the marker: tables has names of whole tables and, with a dot, of single columns of real tables.

    What an earlier stage of the same simulation marked stays marked.
    """
    earlier = sorted(_marked(data / MARKER) - set(tables))
    content = {"tables": [*tables, *earlier], "seed": seed, "until": until.isoformat(), "parameters": parameters}
    write_json(data / MARKER, content)


def _marked(path: Path) -> frozenset[str]:
    try:
        return frozenset(json.loads(path.read_text(encoding="utf-8"))["tables"])
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"{path}: not a marker of simulated data; delete the folder and simulate again") from error
