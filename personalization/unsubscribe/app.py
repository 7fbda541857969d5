"""GET shows a page and changes nothing, for link scanners fetch every link; POST unsubscribes (RFC 8058).

It has no cookie, no log-in and no redirect, and shares no route with the review page: only this app needs to be
reachable from outside.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from sqlalchemy import Engine

from personalization.errors import StateUnavailable
from personalization.settings import Shop
from personalization.store.unsubscribes import record_unsubscribe
from personalization.unsubscribe import pages
from personalization.unsubscribe_links import TEST_MESSAGE, read_token

MAX_BODY_BYTES = 1_024  # our choice: "List-Unsubscribe=One-Click" has 26, as multipart/form-data some 200
_STATUS = {pages.UNSIGNED: 400, pages.UNKNOWN: 404, pages.LATER: 503}
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(pages.STYLE.encode()).digest()).decode()
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",  # the address holds the token
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def make_app(*, shop: Shop, engine: Engine, keys: Sequence[str], clock: Callable[[], datetime]) -> FastAPI:
    """Return the app of *shop*; clock gives the naive UTC instant of a request."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        answer = await call_next(request)
        answer.headers.update(_HEADERS)
        return answer

    @app.get("/unsubscribe")
    def ask(request: Request, m: str = "") -> Response:
        is_signed = read_token(m, keys=keys) is not None
        return _page(pages.ASK if is_signed else pages.UNSIGNED, request, shop)

    # The body is never read: the signed link says everything, and nobody's wish fails for a sloppy mail program.
    @app.post("/unsubscribe")
    def unsubscribe(request: Request, m: str = "") -> Response:
        length = request.headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            return PlainTextResponse("The request is too large.", status_code=413)
        return _page(_recorded(engine, read_token(m, keys=keys), now=clock()), request, shop)

    @app.get("/health")
    def health() -> Response:
        return PlainTextResponse("ok")

    return app


def _recorded(engine: Engine, message_id: str | None, *, now: datetime) -> str:
    """Record that the person who got the message unsubscribes, and return the kind of page that tells so."""
    if message_id is None:
        return pages.UNSIGNED
    if message_id == TEST_MESSAGE:
        return pages.TEST
    try:
        return pages.DONE if record_unsubscribe(engine, message_id, now=now) else pages.UNKNOWN
    except StateUnavailable:
        return pages.LATER


def _page(kind: str, request: Request, shop: Shop) -> Response:
    accepted = request.headers.get("accept-language", "")
    language = pages.chosen_language(request.query_params.get("l", ""), accepted)
    return HTMLResponse(pages.render_page(kind, language=language, shop=shop), status_code=_STATUS.get(kind, 200))


def serve(app: FastAPI, *, host: str, port: int) -> None:
    """Answer on *host* and *port* until stopped. No access log: it would hold the signed links."""
    uvicorn.run(app, host=host, port=port, access_log=False, server_header=False, log_level="warning")
