"""Reads the shop's rules and texts as they were known on a night, for the checks that look for faults in them."""

from collections.abc import Mapping
from typing import Any

from personalization.readiness.faults import Faults, owner_faults, policy_faults
from personalization.readiness.nights import LookedAtNight
from personalization.warehouse import Warehouse


def read_faults(warehouse: Warehouse, *, nights: tuple[LookedAtNight, ...]) -> tuple[Mapping[str, Faults], ...]:
    """Return, for each of the nights, the faults of each check that reads rules and texts."""
    policies = warehouse.table("policies", order_by="policy_id, version").to_pylist()
    touchpoints = warehouse.table("touchpoints", order_by="touchpoint, state").to_pylist()
    return tuple(
        {
            "policy_consistent": policy_faults(_known(policies, night), night_on=night.night_on),
            "one_owner": owner_faults(_known(touchpoints, night)),
        }
        for night in nights
    )


def _known(rows: list[dict[str, Any]], night: LookedAtNight) -> list[dict[str, Any]]:
    return [row for row in rows if row["received_at"] is None or row["received_at"] < night.cutoff]
