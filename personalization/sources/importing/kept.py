"""What a data folder keeps of the systems that a mapping file made, so that what they gave stays readable.

The mapping itself stays with the user: the landed rows are canonical already, and what later imports must know of them
is only how the feed joins with others.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from personalization.errors import BadInput
from personalization.sources.importing.adapter import Landing, Shape, System
from personalization.sources.importing.feeds import FOLDER

_MAPPINGS = "mappings"
_OF_LANDING = tuple(
    field.name for field in fields(Landing) if field.name not in ("select", "key", "undated", "origins")
)


def kept_path(out: Path, system: System) -> Path:
    """Return where the data folder *out* keeps what a mapping made of *system*."""
    return out / FOLDER / _MAPPINGS / f"{system.name}.json"


def known_systems(out: Path, systems: Mapping[str, System], asked: System) -> dict[str, System]:
    """Return all systems that may have been imported into *out*: *systems*, those of earlier mappings, and *asked*.

    A shape that an earlier mapping of the same name had, and the newer one has not, stays known.
    """
    found = dict(systems)
    for path in sorted((out / FOLDER / _MAPPINGS).glob("*.json")):
        kept = _restored(path)
        found[kept.name] = kept
    earlier = found.get(asked.name)
    if asked.is_mapped and earlier is not None:
        own = {shape.name for shape in asked.shapes}
        return {
            **found,
            asked.name: replace(asked, shapes=(*asked.shapes, *(s for s in earlier.shapes if s.name not in own))),
        }
    return {**found, asked.name: asked}


def kept_content(system: System) -> dict[str, Any]:
    """Return what the data folder keeps of a system, as JSON content."""
    return {
        "name": system.name,
        "role": system.role,
        "workflow": system.workflow,
        "lag_hours": system.lag_hours,
        "shapes": {
            shape.name: [{name: getattr(landing, name) for name in _OF_LANDING} for landing in shape.landings]
            for shape in sorted(system.shapes, key=lambda shape: shape.name)
        },
    }


def _restored(path: Path) -> System:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        shapes = tuple(
            Shape(
                name=name,
                format="parquet",
                required=(),
                landings=tuple(
                    Landing(**{**one, "select": "", "parent": tuple(one["parent"]) if one["parent"] else None})
                    for one in landings
                ),
            )
            for name, landings in found.pop("shapes").items()
        )
        return System(**found, shapes=shapes, carries={}, is_mapped=True)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{path}: cannot be read; remove the folder {FOLDER} and import the files again") from error
