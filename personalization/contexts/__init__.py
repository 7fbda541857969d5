"""What kind of shop it is: presets of programs, gates and budgets that shop.toml overrides key by key (R42 to R44)."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent
CONTEXTS = tuple(sorted(path.stem for path in _FOLDER.glob("*.toml")))


def with_context(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings in *given* with those of its context behind them; what the shop says itself wins.

    A program that names no owner gets the shop's own, *given*'s key ``owner``. Without a context, or with one that
    nobody knows, only owners are filled in.
    """
    name = given.get("context")
    preset = _read(name) if name in CONTEXTS else {}
    merged = _merged(preset, given)
    programs, owner = merged.get("programs"), merged.get("owner")
    if isinstance(programs, dict) and owner is not None:
        merged["programs"] = {
            key: {"owner": owner, **program} if isinstance(program, dict) else program
            for key, program in programs.items()
        }
    return merged


def from_context(given: Mapping[str, Any]) -> list[str]:
    """Return the keys that the context sets and the shop does not, such as ``budget.marketing_per_7_days``."""
    name = given.get("context")
    return _keys_beyond(_read(name), given) if name in CONTEXTS else []


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


def _merged(preset: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**preset, **given}
    for key, value in preset.items():
        own = given.get(key)
        if isinstance(value, dict) and isinstance(own, dict):
            merged[key] = _merged(value, own)
    return merged


def _keys_beyond(preset: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    found: list[str] = []
    for key, value in preset.items():
        own = given.get(key)
        if isinstance(value, dict) and (own is None or isinstance(own, dict)):
            found.extend(f"{key}.{inner}" for inner in _keys_beyond(value, own or {}))
        elif own is None:
            found.append(key)
    return found
