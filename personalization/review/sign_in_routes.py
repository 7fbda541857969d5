"""Signing in and out where the page is served without Airflow."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine

from personalization.errors import WrongUse
from personalization.review import accounts
from personalization.review.desk import Person
from personalization.review.guard import refuse_foreign_site, refuse_forged_form
from personalization.review.render import show

COOKIE = "postlude_review"


def identify_by_cookie(engine: Engine, secret: str) -> Callable[[Request], Person]:
    """Return the dependency that says who is signed in; a stranger is led to the sign-in page."""

    def identify(request: Request) -> Person:
        person = accounts.person_of(engine, request.cookies.get(COOKIE), now=_now(), secret=secret)
        if person is None and request.method == "GET":
            raise HTTPException(303, headers={"Location": f"{request.scope.get('root_path', '')}/sign-in"})
        if person is None:
            raise HTTPException(401, "You are not signed in any more. Sign in and do it again.")
        return person

    return identify


def sign_in_routes(engine: Engine, secret: str, *, signed_in: Callable[[Request], Person]) -> APIRouter:
    """Return the routes of the sign-in page and of signing out."""
    router = APIRouter()

    def known(request: Request, person: Annotated[Person, Depends(signed_in)]) -> None:
        request.state.person = person

    @router.get("/sign-in")
    def form(request: Request) -> Response:
        return show(request, "sign_in.html", says="", name="")

    @router.post("/sign-in", dependencies=[Depends(refuse_foreign_site)])
    def sign_in(request: Request, name: Annotated[str, Form()] = "", password: Annotated[str, Form()] = "") -> Response:
        try:
            session = accounts.sign_in(engine, name=name, password=password, now=_now(), secret=secret)
        except WrongUse as refused:
            return show(request, "sign_in.html", status=429, says=str(refused), name=name)
        if session is None:
            says = "Name or password is not right. Try again, or ask whoever runs Postlude."
            return show(request, "sign_in.html", status=401, says=says, name=name)
        response = RedirectResponse(f"{request.scope.get('root_path', '')}/", status_code=303)
        response.set_cookie(
            COOKIE,
            session.cookie,
            max_age=int(accounts.SESSION.total_seconds()),
            path=request.scope.get("root_path") or "/",
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    @router.post("/sign-out", dependencies=[Depends(known), Depends(refuse_forged_form)])
    def sign_out(request: Request) -> Response:
        accounts.sign_out(engine, request.state.person, now=_now())
        response = RedirectResponse(f"{request.scope.get('root_path', '')}/sign-in", status_code=303)
        response.delete_cookie(COOKIE, path=request.scope.get("root_path") or "/")
        return response

    return router


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
