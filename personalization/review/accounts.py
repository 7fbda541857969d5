"""Who may sign in to the review page of a shop without Airflow, kept in the state database."""

import hashlib
import hmac
import os
import re
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Connection, Engine, delete, func, insert, select

from personalization.errors import WrongUse
from personalization.review.desk import Person
from personalization.store.state import insert_absent, reading, writing
from personalization.store.tables import review_secrets, reviewers, sign_in_failures

Role = Literal["viewer", "approver"]
MINIMUM_PASSWORD = 12  # characters; our choice, above the 8 that NIST SP 800-63B asks for at least
SESSION = timedelta(hours=12)  # our choice: a working day
FAILURES_ALLOWED = 5  # per name, within FAILURE_WINDOW; our choice
FAILURE_WINDOW = timedelta(minutes=15)
_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,79}")
# OWASP, Password Storage Cheat Sheet: N = 2^16, r = 8, p = 2, which takes 64 MiB.
_COST, _BLOCK, _PARALLEL = 2**16, 8, 2
_one_at_a_time = threading.Lock()  # each password takes 64 MiB while it is looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A person whose password was right, and the cookie that says so until it expires."""

    person: Person
    cookie: str


def add_reviewer(engine: Engine, *, name: str, role: Role, password: str, now: datetime) -> None:
    """Let *name* sign in with *password*, or change their role and password; earlier sessions end.

    Raises WrongUse for a name or password that cannot be used.
    """
    known_as = name.strip().lower()
    if not _NAME.fullmatch(known_as):
        raise WrongUse("NAME: use letters, digits and . _ @ + -, at most 80, such as mara or mara@shop.example")
    if len(password) < MINIMUM_PASSWORD:
        raise WrongUse(f"the password needs at least {MINIMUM_PASSWORD} characters")
    row = {"name": known_as, "role": role, "password": _scrypt(password, secrets.token_bytes(16))}
    with writing(engine) as connection:
        connection.execute(delete(reviewers).where(reviewers.c.name == known_as))
        connection.execute(insert(reviewers).values(**row, changed_at=now, signed_out_at=now))


def session_secret(engine: Engine) -> str:
    """Return what cookies and forms are signed with: POSTLUDE_REVIEW_SECRET, else one drawn once and kept."""
    given = os.environ.get("POSTLUDE_REVIEW_SECRET")
    if given:
        return given
    with writing(engine) as connection:
        insert_absent(connection, review_secrets, [{"name": "session", "value": secrets.token_urlsafe(32)}])
        value = select(review_secrets.c.value).where(review_secrets.c.name == "session")
        return str(connection.execute(value).scalar_one())


def sign_in(engine: Engine, *, name: str, password: str, now: datetime, secret: str) -> SignedIn | None:
    """Return the session of *name*, or None where name or password is wrong; both take as long.

    After five failures within 15 minutes a name, known or not, is refused for a while: raises WrongUse.
    """
    known_as = name.strip().lower()
    name_digest = hashlib.sha256(known_as.encode()).hexdigest()
    with writing(engine) as connection:
        connection.execute(delete(sign_in_failures).where(sign_in_failures.c.failed_at <= now - FAILURE_WINDOW))
        if _failures(connection, name_digest) >= FAILURES_ALLOWED:
            raise WrongUse("Too many attempts for this name. Wait 15 minutes and try again.")
        # Counted before it is looked at, so that guesses at the same time are counted too.
        connection.execute(insert(sign_in_failures).values(name_digest=name_digest, failed_at=now))
        row = connection.execute(select(reviewers).where(reviewers.c.name == known_as)).one_or_none()
    is_right = _is_password(password, row.password if row is not None else _NOBODY)
    if row is None or not is_right:
        return None
    with writing(engine) as connection:
        connection.execute(delete(sign_in_failures).where(sign_in_failures.c.name_digest == name_digest))
    session = secrets.token_urlsafe(16)
    signed = _cookies(secret).dumps({"name": known_as, "session": session, "began_at": now.isoformat()})
    person = Person(name=known_as, is_approver=row.role == "approver", session=session)
    return SignedIn(person=person, cookie=str(signed))


def person_of(engine: Engine, cookie: str | None, *, now: datetime, secret: str) -> Person | None:
    """Return who a cookie belongs to; None where it is forged, expired or signed out, or the person is removed."""
    try:
        content = _cookies(secret).loads(cookie or "")
    except BadSignature:
        return None
    began_at = datetime.fromisoformat(content["began_at"])
    with reading(engine) as connection:
        row = connection.execute(select(reviewers).where(reviewers.c.name == content["name"])).one_or_none()
    if row is None or not (row.signed_out_at <= began_at <= now < began_at + SESSION):
        return None
    return Person(name=row.name, is_approver=row.role == "approver", session=content["session"])


def sign_out(engine: Engine, person: Person, *, now: datetime) -> None:
    """End every session of a person."""
    with writing(engine) as connection:
        connection.execute(reviewers.update().where(reviewers.c.name == person.name).values(signed_out_at=now))


def _failures(connection: Connection, name_digest: str) -> int:
    of_name = select(func.count()).where(sign_in_failures.c.name_digest == name_digest)
    return int(connection.execute(of_name).scalar_one())


def _cookies(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt="postlude review session", signer_kwargs={"digest_method": hashlib.sha256})


def _scrypt(password: str, salt: bytes) -> str:
    with _one_at_a_time:
        digest = hashlib.scrypt(
            password.encode(), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL, maxmem=2 * 128 * _COST * _BLOCK, dklen=32
        )
    return f"{salt.hex()}${digest.hex()}"


def _is_password(password: str, kept: str) -> bool:
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(kept.partition("$")[0])), kept)


_NOBODY = f"{bytes(16).hex()}${bytes(32).hex()}"  # what an unknown name's password is held against
