"""Foreign text made harmless: product titles and names are written by strangers and read by template languages.

In HTML braces and merge marks become entities; in subjects and plain text, where those do not work, they are removed.
"""

import re
import unicodedata
from functools import lru_cache

from markupsafe import Markup, escape

TITLE_LENGTH = 120  # our choice: longer titles are cut at a word
SHORT_TITLE_LENGTH = 45  # our choice: with the words around it a subject stays under 78 characters (RFC 5322)
_JOINERS = "\u200c\u200d"  # shape emoji and some scripts; every other invisible mark goes
_HTML_BRACES = str.maketrans({"{": "&#123;", "}": "&#125;"})
_TYPOGRAPHIC = str.maketrans({"<": "‹", ">": "›", '"': "”"})
_NO_BRACES = str.maketrans("", "", "{}")
_MERGE_RUN = re.compile(r"[*|]*(?:\*\||\|\*)[*|]*")
_TEMPLATE_SIGN = re.compile(r"\{\{|\{%|\{#|\$\{|\*\||\|\*")
_NAME = re.compile(r"[^\W\d_]+(?:[ '’\-.][^\W\d_]+)*\.?")
_WORD = re.compile(r"(?<=\w)['’][^\W\d_]+|[^\W\d_]+(?:['’][^\W\d_]+)?")
_SMALL_WORDS = frozenset(("a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"))
_NAME_LENGTH = 40  # our choice: what is longer is no first name


def clean(text: str) -> str:
    """Return *text* on one line, without control, direction and other invisible marks."""
    composed = unicodedata.normalize("NFC", text)
    kept = (
        " " if character.isspace() else character
        for character in composed
        if character.isspace()
        or character in _JOINERS
        or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"}
    )
    return " ".join("".join(kept).split())


def shorten(text: str, *, length: int) -> str:
    """Return *text*, cut at a word and closed with an ellipsis where it is longer than *length* characters."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    at_word = cut.rsplit(" ", 1)[0] if " " in cut[length // 2 :] else cut
    return at_word.rstrip(" ,;:-–") + "…"


def calm(title: str) -> str:
    """Return a title of several words that is all capitals with initials only; nobody likes to be shouted at."""
    if " " not in title or title.upper() != title or title.lower() == title:
        return title
    return _WORD.sub(_calm_word, title)


def _calm_word(match: re.Match[str]) -> str:
    word = match[0].lower()
    is_small = match.start() > 0 and word in _SMALL_WORDS
    return word if is_small or word[0] in "'’" else match[0][0] + word[1:]


@lru_cache(maxsize=200_000)
def display_title(raw: str) -> str:
    """Return a catalogue title as customers read it; empty where nothing readable is in it.

    It holds no brace, merge mark, angle bracket or straight quote: as an ESP's property it stays words even where a
    template prints it unescaped, into an attribute, or twice.
    """
    return shorten(calm(clean(plain(clean(raw)).translate(_TYPOGRAPHIC))), length=TITLE_LENGTH)


@lru_cache(maxsize=200_000)
def display_name(raw: str | None) -> str | None:
    """Return a first name fit for a greeting, else None: links, digits and template signs are no name."""
    name = clean(raw or "")
    return name if len(name) <= _NAME_LENGTH and _NAME.fullmatch(name) else None


def plain(text: str) -> str:
    """Return *text* for subjects and plain text: without braces and merge marks."""
    bare = text.translate(_NO_BRACES) if "{" in text or "}" in text else text
    return _MERGE_RUN.sub("", bare) if "|" in bare else bare


def html(value: object) -> Markup:
    """Return *value* for HTML: escaped, braces and merge marks as entities."""
    return value if isinstance(value, Markup) else _html(str(value))


@lru_cache(maxsize=100_000)
def _html(text: str) -> Markup:
    safe = str(escape(text)).translate(_HTML_BRACES)
    return Markup(safe.replace("*|", "&#42;&#124;").replace("|*", "&#124;&#42;"))  # noqa: S704 - escaped just above


def template_signs(text: str) -> list[str]:
    """Return the signs in *text* that a template language of an ESP would act on."""
    return _TEMPLATE_SIGN.findall(text)
