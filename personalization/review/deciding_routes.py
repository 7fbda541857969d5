"""The pages on which an approver decides. Every decision carries the digest of the build that was looked at."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from personalization.errors import WrongUse
from personalization.review.desk import Desk, LeaveOut
from personalization.review.guard import refuse_forged_form, refuse_viewer
from personalization.review.render import show

router = APIRouter()
_DECIDES = [Depends(refuse_viewer), Depends(refuse_forged_form)]
_Names = Annotated[list[str], Form(default_factory=list)]
_Digest = Annotated[str, Form(min_length=64, max_length=64)]


def _left_out(program: _Names, segment: _Names, message: _Names) -> LeaveOut:
    return LeaveOut(programs=frozenset(program), segments=frozenset(segment), messages=frozenset(message))


_LeftOut = Annotated[LeaveOut, Depends(_left_out)]


@router.get("/nights/{night}/decide")
def decide(request: Request, night: str, without: Annotated[list[str], Query(default_factory=list)]) -> Response:
    """Show what can be decided; *without* names messages that were marked to be left out."""
    desk, person = _desk(request), request.state.person
    marked = desk.messages_named(night, frozenset(without))
    refusal = desk.why_not(night, person) if person.is_approver else None
    return show(request, "decide.html", tonight=desk.tonight(night), why_not=refusal, marked=marked)


@router.post("/nights/{night}/approve", dependencies=_DECIDES)
def approve(request: Request, night: str, digest: _Digest) -> Response:
    """Approve every message of the build."""
    _desk(request).approve(night, request.state.person, digest=digest, leave_out=LeaveOut())
    return _decided(request, night)


@router.post("/nights/{night}/part", dependencies=_DECIDES)
def part(request: Request, night: str, digest: _Digest, leave_out: _LeftOut) -> Response:
    """Show what a partial approval would come to; nothing is decided yet."""
    part = _desk(request).part(night, leave_out)
    return show(request, "part.html", part=part, digest=digest, leave_out=leave_out)


@router.post("/nights/{night}/approve-part", dependencies=_DECIDES)
def approve_part(request: Request, night: str, digest: _Digest, leave_out: _LeftOut) -> Response:
    """Approve the build without what is left out, which must be something."""
    if leave_out == LeaveOut():
        raise WrongUse("Nothing is left out. Go back and mark what is to be left out, or approve everything.")
    _desk(request).approve(night, request.state.person, digest=digest, leave_out=leave_out)
    return _decided(request, night)


@router.post("/nights/{night}/reject", dependencies=_DECIDES)
def reject(request: Request, night: str, digest: _Digest, reason: Annotated[str, Form()] = "") -> Response:
    """Reject the build, with the reason."""
    _desk(request).reject(night, request.state.person, digest=digest, reason=reason)
    return _decided(request, night)


def _decided(request: Request, night: str) -> RedirectResponse:
    """Lead back to the night by GET, so that loading the page again decides nothing again."""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/nights/{quote(night)}", status_code=303)


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk
