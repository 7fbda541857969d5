"""Faults of rules and texts: what is missing or contradicts itself, found by reading, not by counting."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from personalization.readiness.nights import LookedAtNight
from personalization.settings import Program
from personalization.warehouse import Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How many rules or texts were looked at, and what is wrong with them, a sentence each."""

    checked: int
    found: tuple[str, ...]


Reader: TypeAlias = Callable[[Warehouse, LookedAtNight, Mapping[str, Program]], Faults]
READERS: Mapping[str, Reader] = {}


def read_faults(warehouse: Warehouse, *, night: LookedAtNight, programs: Mapping[str, Program]) -> dict[str, Faults]:
    """Return the faults of each check that reads rules and texts, as they stood on *night*."""
    return {name: read(warehouse, night, programs) for name, read in READERS.items()}
