"""What keeps the review page safe: headers, forms that only it could have made, and who may decide."""

import hashlib
import hmac
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Form, HTTPException, Request, Response

from personalization.review.desk import Person

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; "
    "frame-ancestors 'self'; base-uri 'none'"
)
# A mail or report brings its own style; it is shown as if from nowhere, without scripts, forms or cookies.
_FOREIGN_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src {images}; frame-ancestors 'self'; base-uri 'none'"
)
MAIL_POLICY = _FOREIGN_POLICY.format(images="https: data:")
REPORT_POLICY = _FOREIGN_POLICY.format(images="data:")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": PAGE_POLICY,
}


def secure(response: Response) -> Response:
    """Return the response with the headers that keep a browser from doing more than the page needs."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def refuse_foreign_site(request: Request) -> None:
    """Refuse a form that another site sent: a browser says so itself, and where it does not, by its Origin.

    Sec-Fetch-Site and Origin cannot be set by a page (W3C Fetch Metadata; OWASP, CSRF Prevention Cheat Sheet). SameSite
    cookies alone do not do: another port of this machine is the same site.
    """
    said = request.headers.get("sec-fetch-site")
    if said is not None:
        is_own = said == "same-origin"
    else:
        origin = request.headers.get("origin") or request.headers.get("referer") or ""
        is_own = bool(urlsplit(origin).netloc) and urlsplit(origin).netloc == request.headers.get("host")
    if not is_own:
        raise HTTPException(403, "This form did not come from this page. Open the page again and decide there.")


def refuse_forged_form(request: Request, token: Annotated[str, Form()] = "") -> None:
    """Refuse a form that this page did not make for this person's session."""
    refuse_foreign_site(request)
    if not hmac.compare_digest(token, form_token(request.app.state.desk.secret, request.state.person)):
        raise HTTPException(403, "This form is too old or not yours. Open the page again and decide there.")


def form_token(secret: str, person: Person) -> str:
    """Return what a form carries to show that it was made for this person's session."""
    bound_to = f"{person.name}\x1f{person.session}"
    return hmac.new(secret.encode(), bound_to.encode(), hashlib.sha256).hexdigest()


def refuse_viewer(request: Request) -> None:
    """Refuse a person who may look and not decide."""
    if not request.state.person.is_approver:
        raise HTTPException(403, "You may look at everything here, but decisions are for approvers.")
