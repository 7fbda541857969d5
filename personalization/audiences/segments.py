"""Segments: who a program is about, written and reviewed by marketers as TOML, checked with their own examples.

A file is read by pydantic at the edge, checked against the published fields, and becomes a frozen record. Every example
goes through the same SQL as a real night.
"""

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from personalization.audiences.conditions import (
    COMPARISONS,
    Condition,
    condition_problem,
    value_problem,
    values_of,
    where,
)
from personalization.audiences.fields import FIELDS, SUBJECTS, fields_of
from personalization.errors import ConfigurationInvalid
from personalization.settings import suggest
from personalization.warehouse import Warehouse

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class _ExampleFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expect: Literal["in", "out"]
    why: str = Field(min_length=1)
    given: dict[str, Any]


class _SegmentFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    friendly_name: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    description: str = Field(min_length=1)
    program: str
    all: dict[str, dict[str, Any]] = Field(default_factory=dict)
    any: dict[str, dict[str, Any]] = Field(default_factory=dict)
    none: dict[str, dict[str, Any]] = Field(default_factory=dict)
    examples: list[_ExampleFile] = Field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """Someone a segment should contain, or should not, by the values of published fields; the rest is missing."""

    is_in: bool
    why: str
    given: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A reviewed definition of who: the program it feeds and the conditions that its members meet."""

    name: str
    friendly_name: str
    owner: str
    description: str
    program: str
    conditions: tuple[Condition, ...]
    examples: tuple[Example, ...]


def load_segments(folder: Path, programs: Collection[str]) -> tuple[Segment, ...]:
    """Return the segments of *folder* by name, checked, their examples run.

    programs are the names in shop.toml. Raises ConfigurationInvalid, naming every file and key that is wrong.
    """
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        raise ConfigurationInvalid(
            f"{folder.name}/: no segment files (*.toml) there; without them nobody is written to"
        )
    problems: list[str] = []
    segments = []
    for path in paths:
        segment, found = _read_segment(path, programs)
        problems += [f"{folder.name}/{path.name}: {problem}" for problem in found]
        if segment is not None:
            segments.append(segment)
    if not problems:
        problems = [f"{folder.name}/{problem}" for problem in _example_problems(segments)]
    if problems:
        raise ConfigurationInvalid("\n".join(problems))
    return tuple(segments)


def _read_segment(path: Path, programs: Collection[str]) -> tuple[Segment | None, list[str]]:
    """Return the segment in *path*, or None and what is wrong with it."""
    try:
        written = _SegmentFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return None, [f"not valid TOML: {error}"]
    except ValidationError as error:
        return None, _explain(error)
    problems = _header_problems(path.stem, written, programs)
    if not problems:
        problems = _condition_problems(written) + _example_list_problems(written)
    if problems:
        return None, problems
    return _frozen(path.stem, written), []


def _explain(error: ValidationError) -> list[str]:
    lines = []
    for issue in error.errors():
        key = ".".join(str(part) for part in issue["loc"])
        if issue["type"] == "extra_forbidden":
            model = _ExampleFile if issue["loc"][0] == "examples" else _SegmentFile
            lines.append(f"unknown key '{key}'{suggest(str(issue['loc'][-1]), list(model.model_fields))}")
        elif issue["type"] == "missing":
            lines.append(f"'{key}' is required")
        else:
            lines.append(f"'{key}': {issue['msg']}")
    return lines


def _header_problems(name: str, written: _SegmentFile, programs: Collection[str]) -> list[str]:
    problems = []
    if not _NAME.fullmatch(name):
        problems.append("the file's name must be lower-case letters, digits and underscores, a letter first")
    known = [program for program in SUBJECTS if program in programs]
    if written.program not in known:
        problems.append(f"unknown program '{written.program}'{suggest(written.program, known)}")
    if not (written.all or written.any or written.none):
        problems.append("has no condition; give at least one under [all], [any] or [none]")
    return problems


def _condition_problems(written: _SegmentFile) -> list[str]:
    allowed = list(fields_of(written.program))
    problems = []
    for group, fields in (("all", written.all), ("any", written.any), ("none", written.none)):
        for field, comparisons in fields.items():
            if field not in allowed:
                problems.append(_unknown_field(field, written.program, allowed))
                continue
            if not comparisons:
                problems.append(f"{group}.{field}: no comparison{suggest('', list(COMPARISONS))}")
            for comparison, given in comparisons.items():
                if comparison not in COMPARISONS:
                    problems.append(
                        f"{group}.{field}: unknown comparison '{comparison}'{suggest(comparison, list(COMPARISONS))}"
                    )
                    continue
                problem = condition_problem(field, comparison, given) or _word_problem(field, given)
                if problem:
                    problems.append(f"{group}.{field}: {problem}")
    return problems


def _unknown_field(field: str, program: str, allowed: list[str]) -> str:
    if field in FIELDS:
        return f"field '{field}' is not published for {program}. Allowed: {', '.join(sorted(allowed))}"
    return f"unknown field '{field}'{suggest(field, allowed)}"


def _word_problem(field: str, given: object) -> str | None:
    words = list(FIELDS[field].vocabulary)
    for value in values_of(given):
        if words and value not in words:
            return f"unknown value '{value}'{suggest(str(value), words)}"
    return None


def _example_list_problems(written: _SegmentFile) -> list[str]:
    present = {example.expect for example in written.examples}
    problems = [
        f'needs at least one [[examples]] with expect = "{expect}"' for expect in ("in", "out") if expect not in present
    ]
    allowed = list(fields_of(written.program))
    for number, example in enumerate(written.examples, start=1):
        for field, value in example.given.items():
            if field not in allowed:
                problems.append(f"example {number}: {_unknown_field(field, written.program, allowed)}")
                continue
            problem = value_problem(field, value) or _word_problem(field, value)
            if problem:
                problems.append(f"example {number}: {field}: {problem}")
    return problems


def _frozen(name: str, written: _SegmentFile) -> Segment:
    conditions = tuple(
        Condition(group=group, field=field, comparison=comparison, values=values_of(given))
        for group, fields in (("all", written.all), ("any", written.any), ("none", written.none))
        for field, comparisons in fields.items()
        for comparison, given in comparisons.items()
    )
    examples = tuple(
        Example(is_in=example.expect == "in", why=example.why, given=tuple(sorted(example.given.items())))
        for example in written.examples
    )
    return Segment(
        name=name,
        friendly_name=written.friendly_name,
        owner=written.owner,
        description=" ".join(written.description.split()),
        program=written.program,
        conditions=conditions,
        examples=examples,
    )


def _example_problems(segments: list[Segment]) -> list[str]:
    """Return the examples that come out otherwise than written."""
    problems = []
    with Warehouse(threads=1) as warehouse:
        for segment in segments:
            for number, example in enumerate(segment.examples, start=1):
                if _contains(warehouse, segment, dict(example.given)) != example.is_in:
                    wrong, right = ("out", "in") if example.is_in else ("in", "out")
                    problems.append(
                        f"{segment.name}.toml: example {number} ({example.why}) should be {right}, "
                        f"but the conditions put it {wrong}"
                    )
    return problems


def _contains(warehouse: Warehouse, segment: Segment, given: dict[str, Any]) -> bool:
    condition, parameters = where(segment.conditions, prefix="v")
    columns = []
    for name, field in fields_of(segment.program).items():
        if name in given:
            parameters[f"given_{name}"] = given[name]
        columns.append(f'CAST({"$given_" + name if name in given else "NULL"} AS {field.kind}) AS "{name}"')
    select = f"SELECT count(*) FROM (SELECT {', '.join(columns)}) AS example WHERE {condition}"
    row = warehouse.connection.execute(select, parameters).fetchone()
    return row is not None and bool(row[0])
