"""The folder of trained models: one folder a training, named by its night, with what it was trained on and found."""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]

from personalization.store import files

FACTS, FITTED = "model.json", "learned.joblib"
NEEDED_FACTS = {"ranking", "reordering", "features", "digest"}
LEARNED = ("ranking", "reordering")
OLDEST_DAYS = 35  # our choice: trained weekly, a model may miss four trainings before it is too old


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a training left: the fitted model, None where nothing of it may be used, and how it was found.

    why says, of each thing that was learned (ranking, reordering), why it may or may not be used. is_current says
    whether a training stands behind it that is neither too old nor by another version. facts is what its model.json
    tells.
    """

    fitted: Any
    why: Mapping[str, str]
    is_current: bool
    facts: dict[str, Any]


def save_model(folder: Path, *, run_date: date, fitted: Any, facts: dict[str, Any]) -> Path:
    """Write what of a training may be used, None for nothing, and its facts; return the folder.

    The facts come last: a training that was cut off leaves no model behind.
    """
    target = folder / run_date.isoformat()
    (target / FACTS).unlink(missing_ok=True)
    digest = None
    if fitted is not None:
        with files.whole_file(target / FITTED) as partial:
            joblib.dump(fitted, partial, compress=3)
        digest = files.file_digest(target / FITTED)
    files.write_json(target / FACTS, {**facts, "trained_on": run_date.isoformat(), "digest": digest, **_engine()})
    return target


def newest_model(folder: Path, *, before: date, features: Sequence[str]) -> Model:
    """Return the newest model of a night before *before*, so that a night that is run again finds the same one.

    Only a file with the digest that its training wrote down is opened, and only where it reads these *features* and was
    written by the same versions of Python, NumPy and scikit-learn.
    """
    nights = sorted(night for path in folder.glob(f"*/{FACTS}") if (night := _night(path)) and night < before)
    if not nights:
        why = dict.fromkeys(LEARNED, "no model has been trained yet (postlude train)")
        return Model(fitted=None, why=why, is_current=False, facts={})
    path = folder / nights[-1].isoformat()
    facts = _read_facts(path / FACTS)
    unfit = _unfit(path, facts, features=features, age=before - nights[-1])
    is_used = not unfit and facts["digest"]
    return Model(
        fitted=joblib.load(path / FITTED) if is_used else None,
        why={name: f"the model of {nights[-1]}: {unfit or facts[name]['why']}" for name in LEARNED},
        is_current=not unfit,
        facts=facts,
    )


def _read_facts(path: Path) -> dict[str, Any]:
    """Return what a training wrote down, or nothing where the file is damaged."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:  # not JSON, or no text at all
        return {}
    return facts if isinstance(facts, dict) and facts.keys() >= NEEDED_FACTS else {}


def _unfit(path: Path, facts: dict[str, Any], *, features: Sequence[str], age: timedelta) -> str:
    """Return why a training no longer counts, or nothing."""
    if not facts:
        return f"{FACTS} is damaged (postlude train)"
    if age.days > OLDEST_DAYS:
        return f"it is {age.days} days old, at most {OLDEST_DAYS} are allowed (postlude train)"
    if list(features) != facts["features"] or any(facts.get(name) != value for name, value in _engine().items()):
        return "it was trained by another version (postlude train)"
    if facts["digest"] and not _is_whole(path / FITTED, facts["digest"]):
        return f"{FITTED} is not the file that the training wrote (postlude train)"
    return ""


def _is_whole(path: Path, digest: str) -> bool:
    return path.exists() and files.file_digest(path) == digest


def _engine() -> dict[str, str]:
    """Return the versions that a fitted model can be read by."""
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"python": python, "numpy": version("numpy"), "scikit_learn": version("scikit-learn")}


def _night(path: Path) -> date | None:
    try:
        return date.fromisoformat(path.parent.name)
    except ValueError:
        return None
