"""One connection to a mail server, and what it said to each email."""

import os
import re
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from enum import StrEnum
from ipaddress import ip_address

from personalization.errors import ConfigurationInvalid, DestinationRejected, DestinationUnavailable

TIMEOUT_SECONDS = (
    60.0  # our choice; RFC 5321, 4.5.3.2, names minutes for servers that check an email before they answer
)
SERVICE_CLOSES = 421  # RFC 5321, 4.2.3: the server closes the connection after it
MOST_REFUSED_IN_A_ROW = 20  # our choice: then it is hardly the addresses that are wrong


class Verdict(StrEnum):
    """What became of an email. later: surely not accepted; unknown: it may have left."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    LATER = "later"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A verdict and its reason code, such as ``smtp_550``; never the server's words, which may name the address."""

    verdict: Verdict
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MailConnection:
    """Where the mail server is and who logs in. tls: starttls, implicit or none."""

    host: str
    port: int
    tls: str = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def is_local(self) -> bool:
        """Return whether the server is on this machine."""
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:
            return False


def read_connection(*, tls: str) -> MailConnection:
    """Return the mail server that the environment names.

    Raises ConfigurationInvalid where it names none, or a password would go over the network in the clear.
    """
    host, port = os.environ.get("POSTLUDE_SMTP_HOST"), os.environ.get("POSTLUDE_SMTP_PORT", "587")
    if not host:
        raise ConfigurationInvalid("POSTLUDE_SMTP_HOST: not set; name the mail server that sends for the shop")
    if not port.isdecimal():
        raise ConfigurationInvalid(f"POSTLUDE_SMTP_PORT: '{port}' is not a port such as 587")
    user, password = os.environ.get("POSTLUDE_SMTP_USER"), os.environ.get("POSTLUDE_SMTP_PASSWORD")
    found = MailConnection(host=host, port=int(port), tls=tls, user=user or None, password=password or None)
    if tls == "none" and found.user and not found.is_local:
        raise ConfigurationInvalid(
            "export.smtp.tls: 'none' would send POSTLUDE_SMTP_PASSWORD in the clear; use 'starttls' or 'implicit'"
        )
    return found


@dataclass(slots=True, kw_only=True)
class MailServer:
    """A connection that is opened when it is needed, kept for all emails, and opened anew when the server ends it."""

    connection: MailConnection
    _smtp: smtplib.SMTP | None = None
    _refused_in_a_row: int = 0

    def deliver(self, mail: bytes, *, sender: str, recipient: str, now: datetime) -> Answer:
        """Hand over one email and return what became of it; its header Date is *now*, a naive UTC instant.

        Raises DestinationUnavailable or DestinationRejected only when the email was surely not accepted: no server, no
        log-in, or a server that takes nothing at all for now, or not from this sender.
        """
        dated = f"Date: {format_datetime(now.replace(tzinfo=UTC))}\r\n".encode() + mail
        smtp = self._ready(sender)
        try:
            for asked, wanted in ((f"RCPT TO:<{recipient}>", 2), ("DATA", 3)):
                code, _ = smtp.docmd(asked)
                if code // 100 != wanted:
                    if code != SERVICE_CLOSES:
                        smtp.rset()
                    return self._refused(code)
        except (OSError, smtplib.SMTPException):
            self.close()
            raise DestinationUnavailable("the mail server ended the connection; nothing of this message left") from None
        return self._send_content(smtp, dated)

    def close(self) -> None:
        """End the connection, if there is one."""
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except (OSError, smtplib.SMTPException):
                self._smtp.close()
            self._smtp = None

    def _ready(self, sender: str) -> smtplib.SMTP:
        """Return a connection that has taken *sender*; one that the server has ended meanwhile is opened anew."""
        for is_kept in (self._smtp is not None, False):
            smtp = self._smtp = self._smtp or _opened(self.connection)
            try:
                code, _ = smtp.mail(sender)
            except (OSError, smtplib.SMTPException):
                code = SERVICE_CLOSES
            if code // 100 == 2:
                return smtp
            if code // 100 == 5:
                self.close()
                raise DestinationRejected(f"the mail server does not take mail from the shop's sender (code {code})")
            smtp.close()
            self._smtp = None
            if not is_kept:
                break
        raise DestinationUnavailable("the mail server takes no mail for now; a later export tries again")

    def _send_content(self, smtp: smtplib.SMTP, mail: bytes) -> Answer:
        try:
            smtp.send(re.sub(rb"(?m)^\.", b"..", mail) + b".\r\n")
            code, _ = smtp.getreply()
        except (OSError, smtplib.SMTPException):
            smtp.close()
            self._smtp = None
            return Answer(verdict=Verdict.UNKNOWN, reason="connection_lost")
        if code // 100 != 2:
            return self._refused(code)
        self._refused_in_a_row = 0
        return Answer(verdict=Verdict.ACCEPTED)

    def _refused(self, code: int) -> Answer:
        """Return what a refusal of one email means; a server that refuses them all is another matter."""
        if code == SERVICE_CLOSES:
            self.close()
            raise DestinationUnavailable("the mail server closes for now (421); a later export tries again")
        self._refused_in_a_row += 1
        if self._refused_in_a_row > MOST_REFUSED_IN_A_ROW:
            self.close()
            raise DestinationRejected(
                f"the mail server refused {MOST_REFUSED_IN_A_ROW} emails in a row (last with {code}), so nothing more "
                "is tried; see its log, and whether it relays for this machine"
            )
        return Answer(verdict=Verdict.REJECTED if code // 100 == 5 else Verdict.LATER, reason=f"smtp_{code}")


def _opened(connection: MailConnection) -> smtplib.SMTP:
    where = f"{connection.host}:{connection.port}"
    try:
        return _logged_in(connection)
    except smtplib.SMTPAuthenticationError as error:
        raise DestinationRejected(
            f"{where}: the mail server refuses the log-in (code {error.smtp_code}); check POSTLUDE_SMTP_USER and "
            "POSTLUDE_SMTP_PASSWORD"
        ) from None
    except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError):
        raise DestinationRejected(
            f"{where}: the mail server offers no TLS with a certificate that is good for its name, or no log-in; "
            "export.smtp.tls in shop.toml says which is wanted"
        ) from None
    except smtplib.SMTPResponseException as error:
        kind = DestinationRejected if error.smtp_code // 100 == 5 else DestinationUnavailable
        raise kind(f"{where}: the mail server does not take this connection (code {error.smtp_code})") from None
    except (OSError, smtplib.SMTPException) as error:
        raise DestinationUnavailable(f"{where}: no mail server answers ({type(error).__name__})") from None


def _logged_in(connection: MailConnection) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if connection.is_local:  # a server on this machine has a certificate that nobody signed
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if connection.tls == "implicit":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            connection.host, connection.port, timeout=TIMEOUT_SECONDS, context=context
        )
    else:
        smtp = smtplib.SMTP(connection.host, connection.port, timeout=TIMEOUT_SECONDS)
    try:
        if connection.tls == "starttls":
            smtp.starttls(context=context)
        smtp.ehlo_or_helo_if_needed()
        if connection.user and connection.password:
            smtp.login(connection.user, connection.password)
    except BaseException:
        smtp.close()
        raise
    return smtp
