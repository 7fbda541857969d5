"""Writes the truth beside a world: who must be left alone, and how everybody would respond."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from personalization.simulation.truth.left_alone import LEFT_ALONE, TABLES_READ, build_left_alone
from personalization.simulation.truth.parameters import RESPONSE, ResponseParameters
from personalization.simulation.truth.response import RESPONSE_FILE, build_response
from personalization.simulation.truth.tables import reading
from personalization.store.files import write_parquet


@dataclass(frozen=True, slots=True, kw_only=True)
class TruthReport:
    """What was written: rows of ``truth/left_alone.parquet`` by reason, and rows of ``truth/response.parquet``."""

    left_alone: dict[str, int]
    responses: int

    def as_text(self) -> str:
        """Return the report as a table in plain text."""
        lines = [f"left alone, {reason:<26}{count:>12,}" for reason, count in self.left_alone.items()]
        lines.append(f"{'responses':<38}{self.responses:>12,}")
        return "\n".join(lines)


def write_truth(
    folder: Path, *, seed: int, until: datetime, parameters: ResponseParameters = RESPONSE, threads: int = 2
) -> TruthReport:
    """Write the truth about the world in *folder* into its folder ``truth``.

    The world's tables and ``truth/exceptions.parquet``, where it is there, are read; until is the naive UTC instant at
    which the world ends. Raises BadInput when the folder has no purchases or a table cannot be read.
    """
    with reading(folder, TABLES_READ, threads=threads) as connection:
        left_alone = build_left_alone(connection, until=until)
        write_parquet(folder / LEFT_ALONE, left_alone.rows)
        response = build_response(connection, seed=seed, until=until, parameters=parameters)
        write_parquet(folder / RESPONSE_FILE, response)
    return TruthReport(left_alone=left_alone.by_reason, responses=response.num_rows)
