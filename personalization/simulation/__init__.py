"""A shop's world for demos, tests and benchmarks: what purchases lack, simulated from a seed and marked as such."""

from personalization.simulation.demo import DemoReport, prepare_demo
from personalization.simulation.marker import MARKER
from personalization.simulation.operations import SimulationReport, simulate_operations
from personalization.simulation.parameters import DEMO, Parameters

__all__ = ["DEMO", "MARKER", "DemoReport", "Parameters", "SimulationReport", "prepare_demo", "simulate_operations"]
