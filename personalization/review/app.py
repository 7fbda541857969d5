"""The review page: a FastAPI app that serves pages for people. Who they are is asked of whoever serves it."""

import logging
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException as AnyHTTPException

from personalization.errors import PostludeError, ReviewStale
from personalization.review import deciding_routes, reading_routes
from personalization.review.desk import Desk, Person
from personalization.review.guard import secure
from personalization.review.render import PAGES, show

_log = logging.getLogger(__name__)
_STATIC = {"style.css": "text/css", "icon.svg": "image/svg+xml"}  # the same for everybody, so strangers may have them


def create_app(
    desk: Desk, *, identify: Callable[..., Any], sign_in: APIRouter | None = None, can_sign_out: bool = False
) -> FastAPI:
    """Return the app over *desk*.

    identify is a FastAPI dependency that returns the signed-in Person, or raises HTTPException. sign_in holds the
    routes that strangers may use, where the page has a sign-in of its own. Every other route but the style sheet asks
    for a person first.
    """
    # Pages for people need no description for programs.
    app = FastAPI(title="Review", openapi_url=None, docs_url=None, redoc_url=None)
    app.state.desk, app.state.can_sign_out = desk, can_sign_out

    def known(request: Request, person: Annotated[Person, Depends(identify)]) -> None:
        request.state.person = person

    for router in (reading_routes.router, deciding_routes.router):
        app.include_router(router, dependencies=[Depends(known)])
    if sign_in is not None:
        app.include_router(sign_in)
    for name, kind in _STATIC.items():
        app.add_api_route(f"/{name}", _static(PAGES / name, kind), methods=["GET"])
    app.add_exception_handler(AnyHTTPException, _refused)
    app.add_exception_handler(PostludeError, _told)
    app.add_exception_handler(RequestValidationError, _incomplete)
    app.middleware("http")(_guarded)
    return app


def _static(path: Path, kind: str) -> Callable[[], FileResponse]:
    return lambda: FileResponse(path, media_type=kind)


async def _guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    try:
        response = await call_next(request)
    except Exception as error:  # noqa: BLE001 - its text may hold a customer's data, so it goes no further
        last = traceback.extract_tb(error.__traceback__)[-1]
        _log.error("Unforeseen %s at %s:%d", type(error).__name__, Path(last.filename).name, last.lineno)
        says = "Something went wrong that nobody foresaw. The log of the review page says where."
        response = show(request, "refused.html", status=500, title="This did not work", says=says)
    return secure(response)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, AnyHTTPException)
    if error.status_code in (302, 303):
        return Response(status_code=303, headers=error.headers)
    titles = {401: "Please sign in", 403: "Not allowed", 404: "Not here"}
    said = {404: "There is no such page.", 401: "You are not signed in any more. Sign in and open the page again."}
    says = said.get(error.status_code, str(error.detail))
    title = titles.get(error.status_code, "This did not work")
    return show(request, "refused.html", status=error.status_code, title=title, says=says)


async def _told(request: Request, error: Exception) -> Response:
    """Show what Postlude itself refuses in its own words; a decision about an older build is a conflict."""
    status, title = (409, "There is a newer build") if isinstance(error, ReviewStale) else (400, "That does not work")
    return show(request, "refused.html", status=status, title=title, says=str(error))


async def _incomplete(request: Request, _error: Exception) -> Response:
    says = "Something is missing in the form or the address. Open the page again."
    return show(request, "refused.html", status=422, title="That does not work", says=says)
