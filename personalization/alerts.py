"""Tells the shop when a night is held, failed, late or missed, an export or a training failed, or a review waits.

By e-mail, by a webhook, or both; once for each night and kind. An alert names no customer, and one that cannot be
sent is logged and never stops the run.
"""

import ipaddress
import logging
import os
import smtplib
import ssl
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.exc import SQLAlchemyError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential

from personalization.errors import StateUnavailable
from personalization.settings import Alerts, Shop
from personalization.store.state import reading, writing
from personalization.store.tables import alerts as sent_alerts
from personalization.store.tables import runs

AlertKind = Literal["held", "failed", "late", "missed", "export_failed", "training_failed", "review_waiting"]

_log = logging.getLogger(__name__)
_TIMEOUT_SECONDS = 5
_ATTEMPTS = 3
_SENTENCES: dict[str, str] = {
    "held": "every marketing program is held tonight",
    "failed": "the night failed",
    "late": "the night is late",
    "missed": "the night was missed",
    "export_failed": "the export failed",
    "training_failed": "the weekly training failed",
    "review_waiting": "a review is waiting",
}


def send_alert(settings: Alerts, *, kind: AlertKind, night: date, reason: str, now: datetime, engine: Engine) -> bool:
    """Send one alert to every place in *settings* and return whether it reached any; the second of a kind is not sent.

    reason: one sentence without any customer's data. An alert that reached nobody may be sent again.
    """
    ways: list[Callable[[], None]] = []
    if settings.email_to:
        ways.append(lambda: _send_email(settings, kind=kind, night=night, reason=reason))
    if settings.webhook_url is not None:
        ways.append(lambda: _post(str(settings.webhook_url), kind=kind, night=night, reason=reason))
    if not ways:
        _log.warning("Night %s: %s. No alert is set up.", night, _SENTENCES[kind])
        return False
    if not _claim(engine, kind=kind, night=night, now=now):
        return False
    has_reached = [_tried(way) for way in ways]
    if not any(has_reached):
        _release(engine, kind=kind, night=night)
    return any(has_reached)


def late_or_missed(engine: Engine, *, now: datetime, shop: Shop) -> list[tuple[date, AlertKind]]:
    """Return which of the last two nights lack a published run: the last is late, the one before it missed.

    The last night is late when its day ended more than [alerts].late_after_hours ago; now is a naive UTC instant.
    Nights before the shop's first run are not missed.
    """
    zone = ZoneInfo(shop.timezone)
    today = now.replace(tzinfo=UTC).astimezone(zone).date()
    last, before = today - timedelta(days=1), today - timedelta(days=2)
    due_at = datetime.combine(today, time(), tzinfo=zone).astimezone(UTC).replace(tzinfo=None)
    with reading(engine) as connection:
        first = connection.execute(select(func.min(runs.c.run_date))).scalar_one()
        published = set(connection.execute(select(runs.c.run_date).where(runs.c.run_date >= before)).scalars())
    found: list[tuple[date, AlertKind]] = []
    if first is None:
        return found
    if before not in published and first < before:
        found.append((before, "missed"))
    if last not in published and first < last and now - due_at > timedelta(hours=shop.alerts.late_after_hours):
        found.append((last, "late"))
    return found


def _claim(engine: Engine, *, kind: str, night: date, now: datetime) -> bool:
    """Return whether this alert is ours to send; where the state database fails, it is, for that may be the news."""
    is_it = (sent_alerts.c.night == night) & (sent_alerts.c.kind == kind)
    try:
        with writing(engine) as connection:
            if connection.execute(select(sent_alerts.c.kind).where(is_it)).first() is not None:
                return False
            connection.execute(sent_alerts.insert().values(night=night, kind=kind, sent_at=now))
            return True
    except (StateUnavailable, SQLAlchemyError) as error:
        _log.warning("The state database does not know which alerts went out: %s", type(error).__name__)
        return True


def _release(engine: Engine, *, kind: str, night: date) -> None:
    try:
        with writing(engine) as connection:
            connection.execute(delete(sent_alerts).where(sent_alerts.c.night == night, sent_alerts.c.kind == kind))
    except (StateUnavailable, SQLAlchemyError) as error:
        _log.warning("The alert is kept as sent: %s", type(error).__name__)


def _tried(way: Callable[[], None]) -> bool:
    attempts = Retrying(
        stop=stop_after_attempt(_ATTEMPTS),
        wait=wait_exponential(multiplier=0.2, max=2),
        retry=retry_if_exception(_may_pass),
        reraise=True,
    )
    try:
        attempts(way)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong with an alert, the run goes on
        _log.warning("An alert could not be sent: %s", _named(error))
        return False
    return True


def _named(error: Exception) -> str:
    """Return what went wrong without the addresses that a mail server repeats in its answers."""
    code = getattr(error, "smtp_code", None) or getattr(getattr(error, "response", None), "status_code", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def _may_pass(error: BaseException) -> bool:
    import httpx

    if isinstance(error, httpx.HTTPStatusError):
        return error.response.status_code == 429 or error.response.status_code >= 500
    if isinstance(error, smtplib.SMTPResponseException):
        return 400 <= error.smtp_code < 500
    return isinstance(error, (httpx.TransportError, smtplib.SMTPServerDisconnected, ConnectionError, TimeoutError))


def _send_email(settings: Alerts, *, kind: str, night: date, reason: str) -> None:
    message = EmailMessage()
    message["From"] = settings.email_from
    message["To"] = ", ".join(settings.email_to)
    message["Subject"] = f"Postlude, night {night}: {_SENTENCES[kind]}"
    message.set_content(f"Night {night}: {_SENTENCES[kind]}.\n\n{reason}\n")
    user, password = os.environ.get("POSTLUDE_SMTP_USER"), os.environ.get("POSTLUDE_SMTP_PASSWORD")
    host = os.environ.get("POSTLUDE_SMTP_HOST", settings.smtp_host)
    port = int(os.environ.get("POSTLUDE_SMTP_PORT", settings.smtp_port))
    with smtplib.SMTP(host, port, timeout=_TIMEOUT_SECONDS) as server:
        server.ehlo()
        is_private = _is_loopback(host)
        if server.has_extn("starttls"):
            server.starttls(context=_tls(is_private=is_private))
            server.ehlo()
            is_private = True
        if user and password:
            if not is_private:
                raise smtplib.SMTPNotSupportedError("the server offers no TLS, so the password is not sent")
            server.login(user, password)
        server.send_message(message)


def _tls(*, is_private: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if is_private:  # a mail server on this machine has a certificate that nobody signed
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _post(url: str, *, kind: str, night: date, reason: str) -> None:
    import httpx

    token = os.environ.get("POSTLUDE_WEBHOOK_TOKEN")
    body = {
        "source": "postlude",
        "kind": kind,
        "night": night.isoformat(),
        "text": f"Night {night}: {_SENTENCES[kind]}. {reason}",
        "reason": reason,
    }
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    httpx.post(url, json=body, headers=headers, timeout=_TIMEOUT_SECONDS).raise_for_status()
