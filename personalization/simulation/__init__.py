"""A shop's world for demos, tests and benchmarks: what purchases lack, simulated from a seed and marked as such."""

from personalization.simulation.marker import MARKER
from personalization.simulation.operations import SimulationReport, simulate_operations
from personalization.simulation.parameters import DEMO, WORLD, Parameters

__all__ = ["DEMO", "MARKER", "WORLD", "Parameters", "SimulationReport", "simulate_operations"]
