"""Links that may stand in a message: http or https, to the brand's hosts or to hosts that the shop listed."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, urlsplit

_KEPT = "/:?#[]@!$&'()*+,;=%~-._"  # reserved and unreserved characters of RFC 3986; everything else is percent-encoded
_NEVER = re.compile(r"[\x00-\x20\x7f\\]")
_ADDRESS = re.compile(r"[^/?&=\s]+(?:@|%40)[^/?&=\s]+\.[a-z]{2,}", re.IGNORECASE)


def hosts_of(urls: Iterable[str | None]) -> frozenset[str]:
    """Return the lower-case hosts of *urls*."""
    return frozenset(host for url in urls if url and (host := urlsplit(url).hostname))


def is_allowed(url: str, *, hosts: frozenset[str]) -> bool:
    """Return whether *url* is absolute, http or https, without credentials, and on one of *hosts* or a subdomain."""
    if _NEVER.search(url):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    is_known = host in hosts or any(host.endswith(f".{known}") for known in hosts)
    return parts.scheme in {"http", "https"} and "@" not in parts.netloc and is_known


@lru_cache(maxsize=200_000)
def safe_url(raw: str | None, *, site_url: str, hosts: frozenset[str]) -> str | None:
    """Return a catalogue link ready for an href, or None where it is missing or may not stand in a message.

    A path is taken as one of the shop's site. Braces and merge marks are percent-encoded.
    """
    url = (raw or "").strip()
    if url.startswith("/") and not url.startswith("//"):
        url = site_url.rstrip("/") + url
    if not url or not is_allowed(url, hosts=hosts) or has_personal_data(url):
        return None
    return quote(url, safe=_KEPT)


def has_personal_data(url: str) -> bool:
    """Return whether an email address stands in *url*."""
    return bool(_ADDRESS.search(url))
