"""From a message to the bytes of one email: headers, and our HTML and text as they were rendered. Pure.

Written by hand but for what may need encoding: ``EmailMessage`` makes about 200 emails of 26 KB a second.
"""

import binascii
import email.policy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formataddr
from typing import Any

# Folded lines would break long links, and mail programs then find none; 998 is RFC 5322's longest line.
_POLICY = email.policy.SMTP.clone(max_line_length=998)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BASE64_BYTES_A_LINE = 57  # 76 characters, RFC 2045


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who signs the shop's emails: the header From, such as ``Shop <news@shop.example>``, and Reply-To."""

    from_: str
    reply_to: str | None = None

    @property
    def address(self) -> str:
        """Return the bare address, which the envelope names too: bounces come back to it."""
        return _split(self.from_)[1]


def usable_address(address: str) -> bool:
    """Return whether *address* can stand in an envelope: one mailbox, printable ASCII, nothing to be escaped.

    Addresses in other letters need SMTPUTF8 of every server on the way (RFC 6531), which nobody can promise.
    """
    local, _, domain = address.rpartition("@")
    is_plain = address.isascii() and address.isprintable() and not set(address) & set(' "(),:;<>[\\]')
    return is_plain and bool(local) and "." in domain and len(address) <= 254  # RFC 5321, erratum 1690


def build_mail(
    message: Mapping[str, Any],
    *,
    html: str,
    text: str,
    sender: Sender,
    unsubscribe_link: str | None,
    subject_mark: str = "",
) -> bytes:
    """Return the email of *message*, a row of the message table with ``email``; all but Date, which is of the sending.

    unsubscribe_link is the signed one; None of a service message, which is marked as sent automatically (RFC 3834).
    The same message gives the same bytes. Raises ValueError for a subject that cannot stand in a header.
    """
    headers = [
        f"From: {_encoded(sender.from_)}\r\n",
        f"To: {message['email']}\r\n",
        *([f"Reply-To: {_encoded(sender.reply_to)}\r\n"] if sender.reply_to else []),
        _subject(f"{subject_mark}{message['subject']}"),
        f"Message-ID: <{message['message_id']}@{sender.address.rpartition('@')[2]}>\r\n",
        f"X-Postlude-Message: {message['message_id']}\r\n",
    ]
    if unsubscribe_link is None:
        headers.append("Auto-Submitted: auto-generated\r\n")
    else:
        headers.append(f"List-Unsubscribe: <{unsubscribe_link}>\r\n")
        headers.append("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    boundary = f"=_{message['message_id'][:32]}"
    headers.append(f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="{boundary}"\r\n\r\n')
    body = b"".join(_part(kind, content, boundary=boundary) for kind, content in (("plain", text), ("html", html)))
    return "".join(headers).encode("ascii") + body + f"--{boundary}--\r\n".encode()


def _subject(text: str) -> str:
    # The library takes a line break for one of its own folding: what follows would be a header of somebody else's.
    if _CONTROL.search(text):
        raise ValueError("a subject holds a control character")
    folded: str = _POLICY.fold("Subject", _POLICY.header_factory("Subject", text))
    return folded


def _split(mailbox: str) -> tuple[str, str]:
    """Return the name, which may be empty, and the address of ``Shop <news@shop.example>``."""
    name, _, address = mailbox.rpartition("<")
    return name.strip().strip('"'), address.rstrip(">")


def _encoded(mailbox: str) -> str:
    return formataddr(_split(mailbox))


def _part(kind: str, content: str, *, boundary: str) -> bytes:
    head = f"--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    raw = content.encode()
    lines = [
        binascii.b2a_base64(raw[start : start + _BASE64_BYTES_A_LINE], newline=False)
        for start in range(0, len(raw), _BASE64_BYTES_A_LINE)
    ]
    return head.encode() + b"\r\n".join(lines) + b"\r\n"
