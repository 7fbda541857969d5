"""What a template and its copy may contain: a small closed language, so that no template can do harm or stand still.

Templates for each message may show slots, test them with ``if`` and loop over ``items``, once. They hold no filters,
calls, arithmetic or nested loops, so rendering is bounded by the length of the values. Copy holds words and slots.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, meta, nodes

from personalization.content.drafts import BRIEFS
from personalization.content.lines import Line, parse_line
from personalization.content.shelf import ITEM_FIELDS
from personalization.errors import ConfigurationInvalid
from personalization.settings import suggest

_ALLOWED_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.For, nodes.If, nodes.Not,
)  # fmt: skip
_MUST_HAVE = ("subject", "preheader", "heading", "reasons")
_PLAIN = Environment()  # noqa: S701 - parses only, renders nothing


@lru_cache(maxsize=256)
def check_grammar(source: str, *, where: Path) -> None:
    """Raise ConfigurationInvalid where *source* uses more than slots, ``if`` and one loop over ``items``."""
    for node in _walk(_parse(source, where=where)):
        if not isinstance(node, _ALLOWED_NODES):
            word = type(node).__name__.lower()
            raise ConfigurationInvalid(
                f"{where}: '{word}' is not allowed; show slots, test them with if, loop over items"
            )
        if isinstance(node, nodes.For) and (
            _name(node.iter) != "items" or _name(node.target) != "item" or node.find(nodes.For)
        ):
            raise ConfigurationInvalid(f"{where}: the only loop is 'for item in items', and not inside another")
        if isinstance(node, nodes.Getattr) and (_name(node.node) != "item" or node.attr not in ITEM_FIELDS):
            hint = suggest(node.attr, list(ITEM_FIELDS))
            raise ConfigurationInvalid(f"{where}: unknown variable '{_name(node.node)}.{node.attr}'{hint}")


def check_slots(source: str, *, allowed: Sequence[str], files: Sequence[Path]) -> None:
    """Raise ConfigurationInvalid where *source*, made of *files*, names a variable that is not *allowed*."""
    unknown = sorted(meta.find_undeclared_variables(_parse(source, where=files[0])) - set(allowed))
    if unknown:
        where = _file_with(unknown[0], files)
        raise ConfigurationInvalid(f"{where}: unknown variable '{unknown[0]}'{suggest(unknown[0], list(allowed))}")


def check_copy(
    path: Path, words: Mapping[str, Any], *, properties: Mapping[str, str], program: str, reference: Mapping[str, Any]
) -> dict[str, Line]:
    """Return the parsed lines of one copy file, by dotted key; reasons as ``reasons.<key>``.

    Raises ConfigurationInvalid for a missing key, a key that the English copy has and this one lacks (or the reverse),
    a line that is more than words and slots, and an unknown slot.
    """
    for key in _MUST_HAVE:
        if key not in words:
            raise ConfigurationInvalid(f"{path}: {key}: is required")
    here, there = set(_keys(words)), set(_keys(reference))
    for key in sorted(here ^ there):
        raise ConfigurationInvalid(f"{path}: {key}: stands {'only here' if key in here else 'in en.toml but not here'}")
    reasons = BRIEFS[program].reasons
    if set(words["reasons"]) != set(reasons):
        raise ConfigurationInvalid(f"{path}: reasons: needs exactly {', '.join(sorted(reasons))}")
    chosen = BRIEFS[program].lines
    for slot in sorted({key.split(".")[0] for key in chosen}):
        needed = sorted(key.split(".")[1] for key in chosen if key.startswith(f"{slot}."))
        if not isinstance(words.get(slot), Mapping) or sorted(words[slot]) != needed:
            raise ConfigurationInvalid(f"{path}: {slot}: one of several is chosen for each person: {', '.join(needed)}")
    texts = [name for name, kind in properties.items() if kind in {"text", "text?"}]
    urls = [name for name, kind in properties.items() if kind == "url"]
    lines = {}
    for key, text in _texts(words):
        allowed = texts
        if key in chosen or key.startswith("reasons."):
            allowed = sorted(chosen.get(key) or reasons.get(key.removeprefix("reasons."), frozenset()))
        lines[key] = _line(path, key, text, [*allowed, *urls] if key == "sms" else allowed)
    return lines


def _line(path: Path, key: str, text: str, allowed: list[str]) -> Line:
    try:
        line = parse_line(text)
    except ValueError as error:
        raise ConfigurationInvalid(f"{path}: {key}: {error}") from error
    for slot in line.slots:
        if slot not in allowed:
            raise ConfigurationInvalid(f"{path}: {key}: unknown variable '{slot}'{suggest(slot, allowed)}")
    return line


def _texts(words: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in words.items():
        if isinstance(value, str):
            yield prefix + key, value
        elif isinstance(value, Mapping):
            yield from _texts(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            for number, part in enumerate(value):
                yield from _texts(part if isinstance(part, Mapping) else {"": str(part)}, f"{prefix}{key}.{number}.")


def _keys(words: Mapping[str, Any]) -> list[str]:
    return [key for key, _ in _texts(words)]


@lru_cache(maxsize=256)
def _parse(source: str, *, where: Path) -> nodes.Template:
    try:
        return _PLAIN.parse(source)
    except TemplateSyntaxError as error:
        raise ConfigurationInvalid(f"{where}: {error.message}") from error


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _name(node: nodes.Node) -> str:
    return node.name if isinstance(node, nodes.Name) else ""


def _file_with(variable: str, files: Sequence[Path]) -> Path:
    word = re.compile(rf"\b{re.escape(variable)}\b")
    return next((path for path in files if path.exists() and word.search(path.read_text(encoding="utf-8"))), files[0])
