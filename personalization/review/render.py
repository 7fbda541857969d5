"""Turns records into pages. Everything is escaped; a page holds no script and no style of its own."""

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
    """Return a page, with the person who is signed in, their form token and the night that it is about."""
    person = getattr(request.state, "person", None)
    state = request.app.state
    html = _ENVIRONMENT.get_template(page).render(
        {
            "at": lambda path: f"{request.scope.get('root_path', '')}{path}",
            "person": person,
            "token": form_token(state.desk.secret, person) if person is not None else "",
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


_ENVIRONMENT.filters["day"] = _day
_ENVIRONMENT.filters["count"] = lambda number: f"{number:,}"
