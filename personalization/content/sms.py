"""Text messages: what fits into them, and how many parts one takes.

The default alphabet and its extension are those of 3GPP TS 23.038 (GSM 7-bit): 160 characters in one part, 153 in each
of several, an extension character counting two. Whatever is outside of it turns the whole text into UCS-2: 70 units in
one part, 67 in each of several, an emoji counting two.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from personalization.content.lines import Line, fill_plain

MOST_PARTS = 3  # our choice: a text that takes more is no text message

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_OUTSIDE = re.compile(f"[^{re.escape(''.join(sorted(_BASIC | _EXTENSION)))}]")  # asks all characters at once
_EXTENDED = re.compile(f"[{re.escape(''.join(sorted(_EXTENSION)))}]")
_TYPOGRAPHIC = str.maketrans(  # no straight double quote: like every property, the text has to stay words anywhere
    {"…": "...", "’": "'", "“": "'", "”": "'", "„": "'", "‹": "(", "›": ")", "–": "-", "—": "-", "\xa0": " "}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """How a text travels: its alphabet, GSM-7 or UCS-2; its length in units of it; and in how many parts."""

    alphabet: str
    units: int
    count: int


def write_sms(line: Line, slots: Mapping[str, object]) -> str:
    """Return the text message: the line filled, in letters of the default alphabet wherever these say the same."""
    filled = fill_plain(line, slots).translate(_TYPOGRAPHIC)
    plainest = filled if not _OUTSIDE.search(filled) else "".join(map(_plainest, filled))
    return " ".join(plainest.split())


def _plainest(character: str) -> str:
    """Return the character, or what of the default alphabet stands for it; symbols such as emoji are left out."""
    if character in _BASIC or character in _EXTENSION:
        return character
    bare = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    if bare and all(part in _BASIC for part in bare):
        return bare
    return "" if unicodedata.category(character) in {"So", "Sk", "Cf", "Mn"} else character


def parts_of(text: str) -> Parts:
    """Return how *text* travels."""
    if not _OUTSIDE.search(text):
        units = len(text) + len(_EXTENDED.findall(text))
        if units <= 160:
            return Parts(alphabet="GSM-7", units=units, count=1)
        weights = [2 if character in _EXTENSION else 1 for character in text]
        return _divided("GSM-7", weights, alone=160, each=153)
    weights = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return _divided("UCS-2", weights, alone=70, each=67)


def _divided(alphabet: str, weights: Iterable[int], *, alone: int, each: int) -> Parts:
    weights = list(weights)
    units = sum(weights)
    if units <= alone:
        return Parts(alphabet=alphabet, units=units, count=1)
    count, used = 1, 0
    for weight in weights:  # a character of two units is never torn apart
        if used + weight > each:
            count, used = count + 1, 0
        used += weight
    return Parts(alphabet=alphabet, units=units, count=count)
