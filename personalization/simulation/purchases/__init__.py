"""Purchases of the simulated world: customers, products, orders and what lies beside them, from seed and numbers."""

from personalization.simulation.purchases.build import SHARED_TABLES, Stage, set_stage, write_purchases
from personalization.simulation.purchases.season import BEGIN, LONGEST_DAYS

__all__ = ["BEGIN", "LONGEST_DAYS", "SHARED_TABLES", "Stage", "set_stage", "write_purchases"]
