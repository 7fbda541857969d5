"""One comparison of a published field, and its translation to SQL.

Values travel as parameters and never as text in the statement. A missing value satisfies no comparison but ``is_not``
and ``not_in``.
"""

from dataclasses import dataclass

from personalization.audiences.fields import FIELDS
from personalization.contracts import Kind

TYPE_WORDS = {Kind.TEXT: "text", Kind.INTEGER: "a whole number", Kind.NUMBER: "a number", Kind.BOOLEAN: "true or false"}
Value = str | int | float | bool

# comparison -> its SQL; {field} is a published name, {first} and {second} are parameters
_TEMPLATES = {
    "is": "coalesce({field} = {first}, FALSE)",
    "is_not": "coalesce({field} <> {first}, TRUE)",
    "at_least": "coalesce({field} >= {first}, FALSE)",
    "at_most": "coalesce({field} <= {first}, FALSE)",
    "more_than": "coalesce({field} > {first}, FALSE)",
    "less_than": "coalesce({field} < {first}, FALSE)",
    "between": "coalesce({field} >= {first} AND {field} <= {second}, FALSE)",
    "in": "coalesce({field} IN ({all}), FALSE)",
    "not_in": "coalesce({field} NOT IN ({all}), TRUE)",
}
COMPARISONS = tuple(_TEMPLATES)
_OF_A_LIST = frozenset({"in", "not_in"})
_OF_NUMBERS = frozenset({"at_least", "at_most", "more_than", "less_than", "between"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A field, a comparison and its values; group is all, any or none."""

    group: str
    field: str
    comparison: str
    values: tuple[Value, ...]


def condition_problem(field: str, comparison: str, given: object) -> str | None:
    """Return what is wrong with comparing *field* with what was written, or None."""
    kind = FIELDS[field].kind
    if comparison in _OF_NUMBERS and kind not in (Kind.INTEGER, Kind.NUMBER):
        return f"'{comparison}' compares numbers, and '{field}' is {TYPE_WORDS[kind]}"
    if comparison in _OF_A_LIST and kind is Kind.BOOLEAN:
        return f"'{comparison}' is not for true or false; use is = true or is = false"
    if comparison in _OF_A_LIST and (not isinstance(given, list) or not given):
        return f"'{comparison}' wants a list such as [1, 2]"
    if comparison == "between" and (not isinstance(given, list) or len(given) != 2):
        return "'between' wants two numbers, the lower one first, such as [1, 4]"
    if isinstance(given, list) and comparison not in _OF_A_LIST | {"between"}:
        return f"'{comparison}' wants one value, not a list"
    for value in values_of(given):
        problem = value_problem(field, value)
        if problem:
            return problem
    if comparison == "between" and values_of(given)[0] > values_of(given)[1]:  # type: ignore[operator]
        return "'between' wants the lower number first"
    return None


def value_problem(field: str, value: object) -> str | None:
    """Return why *value* cannot be a value of *field*, or None."""
    kind = FIELDS[field].kind
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        Kind.TEXT: isinstance(value, str) and "\0" not in value,
        Kind.INTEGER: isinstance(value, int) and is_number and abs(value) < 2**63,
        Kind.NUMBER: is_number and abs(float(value)) < float("inf"),  # type: ignore[arg-type]
        Kind.BOOLEAN: isinstance(value, bool),
    }
    return None if fits[kind] else f"wants {TYPE_WORDS[kind]}, not {value!r}"


def values_of(given: object) -> tuple[Value, ...]:
    """Return what was written as a tuple of values."""
    return tuple(given) if isinstance(given, list) else (given,)  # type: ignore[return-value]


def where(conditions: tuple[Condition, ...], *, prefix: str) -> tuple[str, dict[str, Value]]:
    """Return a condition in SQL and its parameters, whose names start with *prefix*.

    All of ``all``, at least one of ``any`` and not one of ``none`` must hold.
    """
    parameters: dict[str, Value] = {}
    groups: dict[str, list[str]] = {"all": [], "any": [], "none": []}
    for condition in conditions:
        names = []
        for value in condition.values:
            name = f"{prefix}_{len(parameters)}"
            parameters[name] = value
            names.append(f"CAST(${name} AS {FIELDS[condition.field].kind})")
        text = _TEMPLATES[condition.comparison].format(
            field=f'"{condition.field}"', first=names[0], second=names[-1], all=", ".join(names)
        )
        groups[condition.group].append(text)
    parts = [*groups["all"]]
    if groups["any"]:
        parts.append(f"({' OR '.join(groups['any'])})")
    parts.extend(f"NOT {text}" for text in groups["none"])
    return " AND ".join(parts), parameters
