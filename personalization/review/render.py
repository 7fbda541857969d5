"""Turns records into pages. Everything is escaped; a page holds no script and no style of its own."""

import re
from datetime import date
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from personalization.review.guard import form_token

PAGES = Path(__file__).parent / "pages"
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def show(request: Request, page: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """Return a page, with the person who is signed in, their form token and the night that it is about.

    The token is asked for where there is a form: a page that says what is broken has none, and needs no database.
    """
    person = getattr(request.state, "person", None)
    state = request.app.state
    html = _ENVIRONMENT.get_template(page).render(
        {
            "at": lambda path: f"{request.scope.get('root_path', '')}{path}",
            "person": person,
            "token": lambda: form_token(state.desk.secret, request.state.person),
            "can_sign_out": state.can_sign_out,
            "night": request.path_params.get("night", ""),
            "here": request.url.path.removeprefix(request.scope.get("root_path", "")),
            **facts,
        }
    )
    return HTMLResponse(html, status_code=status)


def _day(night: str) -> str:
    """Return a night as people write it: Sunday 20 November 2011."""
    day = date.fromisoformat(night)
    return f"{day:%A} {day.day} {day:%B %Y}"


def _told(text: str) -> str:
    """Return what Postlude refuses without the folders of its machine: only the night and the file are left."""
    return re.sub(r"\S*/(?=\d{4}-\d{2}-\d{2}\b)", "", text)


_ENVIRONMENT.filters["day"] = _day
_ENVIRONMENT.filters["told"] = _told
_ENVIRONMENT.filters["count"] = lambda number: f"{number:,}"
