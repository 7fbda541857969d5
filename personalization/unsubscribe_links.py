"""Signed unsubscribe links: nobody can unsubscribe a person whose message they do not have.

A link names its message and carries a signature over that name. It never expires: whoever finds a message of years ago
must still be able to say no.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from itsdangerous import BadSignature, Signer

from personalization.errors import ConfigurationInvalid

KEYS_VARIABLE = "POSTLUDE_UNSUBSCRIBE_KEYS"
MIN_KEY_LENGTH = 32  # our choice: what `python -c "import secrets; print(secrets.token_urlsafe(32))"` gives has 43
# Stands for the message in a test message: whoever tries its link unsubscribes nobody.
TEST_MESSAGE = "test"
_SALT = "postlude.unsubscribe"


def read_keys() -> tuple[str, ...]:
    """Return the keys of the environment: the first signs, all of them are accepted.

    Raises ConfigurationInvalid where there is none, or a short one.
    """
    keys = tuple(key for part in os.environ.get(KEYS_VARIABLE, "").split(",") if (key := part.strip()))
    how = "make one with `python -c 'import secrets; print(secrets.token_urlsafe(32))'`"
    if not keys:
        raise ConfigurationInvalid(
            f"{KEYS_VARIABLE}: not set, so unsubscribe links can be neither signed nor checked; {how}, and give the "
            "export and the unsubscribe app the same"
        )
    if any(len(key) < MIN_KEY_LENGTH for key in keys):
        raise ConfigurationInvalid(f"{KEYS_VARIABLE}: a key has fewer than {MIN_KEY_LENGTH} characters; {how}")
    return keys


def sign_link(url: str, *, keys: Sequence[str], language: str) -> str:
    """Return the link *url*, ``…/unsubscribe?m=<message_id>``, with its message signed and the page's language.

    The same link, keys and language give the same bytes.
    """
    address, _, message_id = url.partition("?m=")
    return f"{address}?m={_signer(keys).sign(message_id).decode()}&l={language}"


def sample_link(url: str, *, keys: Sequence[str], language: str) -> str:
    """Return a signed link of a test message in the place of the link *url*; it leads to the app and ends nothing."""
    return sign_link(f"{url.partition('?m=')[0]}?m={TEST_MESSAGE}", keys=keys, language=language)


def sign_properties(properties: Mapping[str, Any], *, keys: Sequence[str]) -> dict[str, Any]:
    """Return a message's properties with the link signed, where they hold one."""
    url, language = properties.get("unsubscribe_url"), str(properties.get("locale")).split("_")[0]
    signed = {} if url is None else {"unsubscribe_url": sign_link(url, keys=keys, language=language)}
    return {**properties, **signed}


def read_token(token: str, *, keys: Sequence[str]) -> str | None:
    """Return the message_id that *token* names, None where none of the keys has signed it."""
    try:
        return _signer(keys).unsign(token).decode()
    except (BadSignature, UnicodeError):
        return None


def token_of(link: str) -> str:
    """Return the token of a signed link."""
    return parse_qs(urlsplit(link).query)["m"][0]


def _signer(keys: Sequence[str]) -> Signer:
    # The library signs with the last key of the list.
    return Signer(list(reversed(keys)), salt=_SALT, key_derivation="hmac", digest_method=hashlib.sha256)
