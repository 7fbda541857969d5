"""SQL files in the portable subset, and the small module that runs them."""

from personalization.warehouse.duck import Warehouse, rows_where

__all__ = ["Warehouse", "rows_where"]
