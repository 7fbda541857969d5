"""The pages that only show."""

import csv
import io
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from personalization.review.desk import Desk
from personalization.review.guard import MAIL_POLICY, REPORT_POLICY, refuse_forged_form, refuse_viewer
from personalization.review.render import show
from personalization.store.files import formula_guarded

router = APIRouter()


@router.get("/")
def newest(request: Request) -> Response:
    """Show the newest night that can be looked at."""
    opened = next((run for run in _desk(request).runs() if run.can_open), None)
    if opened is None:
        return show(request, "empty.html")
    return _to(request, f"/nights/{opened.night}")


@router.get("/nights/{night}")
def tonight(request: Request, night: str) -> Response:
    """Show a night: what is held and why, who hears from the shop, and what there is to decide."""
    desk = _desk(request)
    return show(request, "tonight.html", tonight=desk.tonight(night), runs=desk.runs())


@router.get("/nights/{night}/segments/{name}")
def segment(request: Request, night: str, name: str) -> Response:
    """Show a segment: who is in it, who came and who left."""
    return show(request, "segment.html", segment=_desk(request).segment(night, name))


@router.get("/nights/{night}/content")
def content(request: Request, night: str, program: str = "") -> Response:
    """Show what people would read."""
    return show(request, "content.html", content=_desk(request).content(night, program), chosen=program)


@router.get("/nights/{night}/messages/{message_id}")
def message(request: Request, night: str, message_id: str) -> Response:
    """Give a message's HTML, to be shown in a frame without rights."""
    html = _desk(request).message_html(night, message_id)
    return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY})


@router.get("/nights/{night}/report")
def report(request: Request, night: str) -> Response:
    """Give the run report as the night wrote it."""
    return HTMLResponse(_desk(request).report_html(night), headers={"Content-Security-Policy": REPORT_POLICY})


@router.get("/nights/{night}/people")
def search(request: Request, night: str) -> Response:
    """Show the form that asks for a customer."""
    _desk(request).tonight(night)
    return show(request, "people.html", found=())


@router.post("/nights/{night}/people", dependencies=[Depends(refuse_forged_form)])
def find(request: Request, night: str, sought: Annotated[str, Form()]) -> Response:
    """Find a customer by id or e-mail address, which comes in a form so that it stands in no address and no log."""
    found = _desk(request).find_customers(night, sought)
    if len(found) == 1:
        return _to(request, f"/nights/{night}/people/{quote(found[0], safe='')}")
    return show(request, "people.html", found=found)


@router.get("/nights/{night}/people/{customer_id:path}")
def person(request: Request, night: str, customer_id: str) -> Response:
    """Show one customer; who looked is kept."""
    asked_by = request.state.person
    return show(request, "person.html", shown=_desk(request).person(night, customer_id, asked_by=asked_by))


@router.get("/log")
def log(request: Request) -> Response:
    """Show every decision, and to approvers who looked at whom."""
    desk = _desk(request)
    look_ups = desk.look_ups() if request.state.person.is_approver else ()
    return show(request, "log.html", decisions=desk.log(), look_ups=look_ups)


@router.get("/log/decisions.csv")
def decisions_csv(request: Request) -> Response:
    """Give every decision as a file."""
    names = (
        "night",
        "decided_at",
        "decision",
        "reviewer",
        "reason",
        "messages",
        "is_standing",
        "void_reason",
        "digest",
    )
    rows = [[getattr(line, name) for name in names] for line in _desk(request).log()]
    return _csv("decisions.csv", [names, *rows])


@router.get("/log/look-ups.csv", dependencies=[Depends(refuse_viewer)])
def look_ups_csv(request: Request) -> Response:
    """Give who looked at whom as a file."""
    rows = [[line.looked_at, line.reviewer, line.customer_id] for line in _desk(request).look_ups()]
    return _csv("look-ups.csv", [("looked_at", "reviewer", "customer_id"), *rows])


def _csv(name: str, rows: list[tuple[str, ...] | list[str]]) -> Response:
    """Return rows as a CSV file for people."""
    text = io.StringIO()
    csv.writer(text).writerows([formula_guarded(str(cell)) for cell in row] for row in rows)
    return Response(
        text.getvalue(), media_type="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _to(request: Request, path: str) -> RedirectResponse:
    return RedirectResponse(f"{request.scope.get('root_path', '')}{path}", status_code=303)


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk
