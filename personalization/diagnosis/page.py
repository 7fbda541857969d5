"""Writes a diagnosis for people: one page of HTML, or Markdown. Pure: no clock, no files but its own templates."""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

_FORMS = {"none": "nothing", "policy": "policy", "workflow": "workflow", "software": "software"}


def html_page(content: Mapping[str, Any], changes: Sequence[Mapping[str, str]] = ()) -> str:
    """Return the whole page for a diagnosis' content, and what changed since an earlier one."""
    return _render("page.html", content, changes, is_html=True)


def markdown_page(content: Mapping[str, Any], changes: Sequence[Mapping[str, str]] = ()) -> str:
    """Return the same as Markdown."""
    return _render("page.md", content, changes, is_html=False)


def _render(template: str, content: Mapping[str, Any], changes: Sequence[Mapping[str, str]], *, is_html: bool) -> str:
    pages = Environment(
        loader=PackageLoader("personalization.diagnosis", "."),
        autoescape=is_html,  # noqa: S701 - Markdown is escaped cell by cell, see _cell
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    pages.filters["money"] = _money
    pages.filters["words"] = _words
    pages.filters["cell"] = _cell
    return pages.get_template(template).render(
        found=content, changes=changes, bars=_bars(content["problems"]), seen=_seen(content["signals"]), forms=_FORMS
    )


def _money(cents: int) -> str:
    return f"{cents / 100:,.0f}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _cell(text: str) -> str:
    """Return a text that stays within its cell of a Markdown table, and cannot become markup."""
    return str(text).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")


def _seen(signals: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Return the signs by whether they were seen."""
    words = {True: "seen", False: "not seen", None: "unknown"}
    return {word: [row for row in signals if row["is_seen"] is answer] for answer, word in words.items()}


def _bars(problems: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Return where each leak's interval and likeliest value lie, in per cent of the widest."""
    known = [row for row in problems if not row["unknown"]]
    widest = max((row["leak"]["high_cents"] for row in known), default=0) or 1
    return {
        row["problem"]: {
            "left": round(100 * row["leak"]["low_cents"] / widest, 2),
            "width": round(max(100 * (row["leak"]["high_cents"] - row["leak"]["low_cents"]) / widest, 0.5), 2),
            "dot": round(100 * row["leak"]["likely_cents"] / widest, 2),
        }
        for row in known
    }
