"""One line of copy: words with plain slots such as ``{{ title }}``, filled many thousand times a second."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from personalization.content.inert import plain

_SLOT = re.compile(r"\{\{ ?([a-z_]+) ?\}\}")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of copy, parsed: a pattern for ``%``, which fills ten times as fast as a template, and its slots."""

    pattern: str
    slots: tuple[str, ...]


def parse_line(text: str) -> Line:
    """Return the parsed line; raises ValueError where a brace is no plain slot."""
    words = _SLOT.sub("", text)
    if "{" in words or "}" in words:
        raise ValueError("copy may hold words and plain slots such as {{ title }} only")
    return Line(_SLOT.sub(r"%(\1)s", text.replace("%", "%%")), tuple(_SLOT.findall(text)))


def fill(line: Line, slots: Mapping[str, object]) -> str:
    """Return the line with its slots filled, as true as the values are."""
    return line.pattern % slots


def fill_plain(line: Line, slots: Mapping[str, object]) -> str:
    """Return the line filled for a subject or preheader, where no entity would work: braces and merge marks removed."""
    return plain(line.pattern % slots)
