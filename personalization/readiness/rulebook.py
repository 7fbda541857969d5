"""Reads the shop's rules and texts as they were known on a night, for the checks that look for faults in them."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from personalization.contracts import TABLES
from personalization.readiness.faults import Faults, owner_faults, policy_faults, review_faults, touchpoint_faults
from personalization.readiness.nights import LookedAtNight
from personalization.warehouse import Warehouse


def read_faults(
    warehouse: Warehouse, *, nights: tuple[LookedAtNight, ...], next_steps: Mapping[str, str]
) -> tuple[Mapping[str, Faults], ...]:
    """Return, for each of the nights, the faults of each check that reads rules and texts.

    *next_steps* maps a state of an order to the shop's own words for the next step.
    """
    policies = _rows(warehouse, "policies")
    touchpoints = _rows(warehouse, "touchpoints")
    return tuple(
        _faults(_known(policies, night), _known(touchpoints, night), night_on=night.night_on, next_steps=next_steps)
        for night in nights
    )


def _faults(
    policies: list[dict[str, Any]],
    touchpoints: list[dict[str, Any]],
    *,
    night_on: date,
    next_steps: Mapping[str, str],
) -> Mapping[str, Faults]:
    return {
        "policy_consistent": policy_faults(policies, night_on=night_on),
        "one_owner": owner_faults(touchpoints),
        "same_next_step": touchpoint_faults(touchpoints, policies, night_on=night_on, next_steps=next_steps),
        "help_reviewed": review_faults(touchpoints, policies, night_on=night_on),
    }


def _rows(warehouse: Warehouse, name: str) -> list[dict[str, Any]]:
    """Return a table that people write by hand, with every column of its contract; those it lacks are null."""
    table = TABLES[name]
    empty = {column.name: None for column in table.columns}
    rows = warehouse.table(name, order_by=", ".join(table.key)).to_pylist()
    return [{**empty, **row} for row in rows]


def _known(rows: list[dict[str, Any]], night: LookedAtNight) -> list[dict[str, Any]]:
    return [row for row in rows if row["received_at"] is None or row["received_at"] < night.cutoff]
