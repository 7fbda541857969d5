"""Prepares the demo shop: the purchases of the sample with simulated operations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from personalization.simulation.operations import SimulationReport, simulate_operations
from personalization.simulation.parameters import DEMO, Parameters
from personalization.sources.online_retail import ImportReport, import_online_retail


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """What was imported and what was simulated."""

    imported: ImportReport
    simulated: SimulationReport

    def as_text(self) -> str:
        """Return both reports in plain text."""
        return f"{self.imported.as_text()}\n\n{self.simulated.as_text()}"


def prepare_demo(
    *, sample: Sequence[Path], product_types: Path, out: Path, until: datetime, seed: int, parameters: Parameters = DEMO
) -> DemoReport:
    """Write the demo shop's data folder *out* from the files of the sample, up to *until* (a naive UTC instant)."""
    imported = import_online_retail(sample, out, product_types=product_types)
    simulated = simulate_operations(out, seed=seed, until=until, parameters=parameters)
    return DemoReport(imported=imported, simulated=simulated)
