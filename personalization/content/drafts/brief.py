"""What a program's messages may say, and one message before its words; the words and slots that programs share.

Nothing is invented here. What the facts do not carry is not said, and a message whose sense hangs on it is withheld.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from personalization.content.shelf import Item, Shelf
from personalization.content.wording import Tongue, day_text

MOST_ITEMS = 4  # design: one to four product blocks
FEWEST_PURCHASES = 2  # below, "on 1 occasions" would be no rhythm and no grammar; the personal basis starts at three

COMMON = {
    "first_name": "text?",
    "title": "text",
    "short_title": "text",
    "items": "items",
    "support_url": "url",
    "unsubscribe_url": "url",
}
SHOPPING = {**COMMON, "reason": "text", "button_url": "url", "has_product_link": "flag"}
NO_GOODS = {"first_name": "text?", "support_url": "url", "unsubscribe_url": "url"}
PERSON = ("customers.first_name", "customers.locale")
CATALOGUE = (*PERSON, "products.title", "products.image_url", "products.url")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One decision to send, as far as its wording needs it.

    merged are the facts of the decisions that were merged into it. sent_on is the day of sending in the shop's time
    zone.
    """

    facts: Mapping[str, Any]
    merged: tuple[Mapping[str, Any], ...]
    tongue: Tongue
    sent_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why an item is shown: the key of the wording in the copy, and its values."""

    key: str
    values: Mapping[str, str]


class Choice(NamedTuple):
    """A part of a message that was chosen: which, what was chosen, and the person's own facts that decided it.

    Without any fact it is a fall-back: everybody of whom no more is known reads the same. A named tuple, for it is
    counted several times for every message of a night.
    """

    block: str
    chosen: str
    facts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a message will say, before its words: the items with their reasons, and the program's own slots.

    lines are the lines that were chosen of several in the copy, by their slot. chosen are further choices, such as the
    order of blocks.
    """

    variant: str
    items: tuple[tuple[Item, Reason], ...]
    slots: Mapping[str, object]
    lines: Mapping[str, Reason] = field(default_factory=dict)
    chosen: tuple[Choice, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What the messages of one program may say.

    slots are those that its templates may use, with their type; a ``?`` marks one that may be null. fields are what a
    template may name as used. reasons are those that its copy must word, with the slots that each may use. variants are
    those that every shop must have a template for. draft returns what one message says, or why it must be withheld.
    lines are those of which one is chosen for each person, as ``opening.due``, with the slots that each may use.
    own_facts says on which of the person's own facts a reason or line rests; what it does not name is a fall-back.
    """

    slots: Mapping[str, str]
    fields: tuple[str, ...]
    reasons: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lines: Mapping[str, frozenset[str]] = field(default_factory=dict)
    own_facts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variants: tuple[str, ...]
    draft: Callable[[Case, Shelf], Draft | str]

    def choices(self, outline: Draft) -> tuple[Choice, ...]:
        """Return everything that was chosen for one message, each with the facts that decided it."""
        lines = [
            Choice(block=slot, chosen=line.key, facts=self.own_facts.get(f"{slot}.{line.key}", ()))
            for slot, line in outline.lines.items()
        ]
        items = [
            Choice(block=f"item {number}", chosen=reason.key, facts=self.own_facts.get(reason.key, ()))
            for number, (_, reason) in enumerate(outline.items, start=1)
        ]
        return (*lines, *items, *outline.chosen)


def day_or_none(case: Case, name: str) -> str | None:
    """Return the day of a fact as the customer reads it; None where the fact is missing."""
    text = case.facts.get(name)
    return day_text(day(str(text)), locale=case.tongue.locale) if text else None


@lru_cache(maxsize=10_000)
def day(text: str) -> date:
    """Return the day that a fact's ISO text names."""
    return date.fromisoformat(text[:10])
