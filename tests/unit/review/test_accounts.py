"""Signing in to the review page where there is no Airflow."""

from datetime import UTC, datetime, timedelta

import pytest

from personalization.errors import WrongUse
from personalization.review import accounts
from personalization.reviewing import add_reviewer
from tests.unit.review.conftest import PASSWORD, Shop

NOW = datetime(2026, 11, 23, 9)


def signed_in(shop: Shop, name: str = "mara", password: str = PASSWORD, *, now: datetime = NOW):
    return accounts.sign_in(shop.engine, name=name, password=password, now=now, secret=shop.desk.secret)


def person_of(shop: Shop, cookie: str | None, *, now: datetime = NOW, secret: str | None = None):
    return accounts.person_of(shop.engine, cookie, now=now, secret=secret or shop.desk.secret)


def test_a_session_says_who_it_is_for_a_working_day(shop: Shop) -> None:
    """Forged, expired, or from before the name existed, it says nothing."""
    session = signed_in(shop, "MARA ")
    assert session is not None
    known = person_of(shop, session.cookie)

    assert known == session.person
    assert (known.name, known.is_approver) == ("mara", True)
    assert person_of(shop, session.cookie, now=NOW + accounts.SESSION - timedelta(seconds=1)) is not None
    assert person_of(shop, session.cookie, now=NOW + accounts.SESSION) is None
    assert person_of(shop, session.cookie, now=NOW - timedelta(seconds=1)) is None
    content, signature = session.cookie.rsplit(".", 1)
    forged = ("a" if signature[0] != "a" else "b") + signature[1:]  # of the last letter not every bit counts
    assert person_of(shop, f"{content}.{forged}") is None
    assert person_of(shop, session.cookie, secret="another") is None
    assert person_of(shop, None) is None


def test_guessing_a_password_stops_after_five(shop: Shop) -> None:
    """The sixth is not looked at, right or not, known name or not; another name is let in, and so is everyone later."""
    for name in ("mara", "nobody"):
        assert [signed_in(shop, name, f"guess {number}") for number in range(5)] == [None] * 5
        with pytest.raises(WrongUse, match="Too many attempts"):
            signed_in(shop, name)

    assert signed_in(shop, "tom") is not None
    assert signed_in(shop, now=NOW + accounts.FAILURE_WINDOW) is not None


def test_a_right_password_forgets_the_wrong_ones(shop: Shop) -> None:
    """Four wrong, one right, four wrong: still let in."""
    for _ in range(2):
        assert [signed_in(shop, "mara", "guess") for _ in range(4)] == [None] * 4
        assert signed_in(shop) is not None


def test_an_unknown_name_takes_as_long_as_a_known_one(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A password is worked out for either, so that time does not tell which names exist."""
    worked_out: list[str] = []
    real = accounts._scrypt
    monkeypatch.setattr(accounts, "_scrypt", lambda password, salt: worked_out.append(password) or real(password, salt))

    assert signed_in(shop, "nobody", "one") is None
    assert signed_in(shop, "mara", "two") is None
    assert worked_out == ["one", "two"]


def test_a_new_password_or_role_ends_earlier_sessions(shop: Shop) -> None:
    """Whoever is made a viewer decides nothing more, at once."""
    before = signed_in(shop, now=datetime.now(UTC).replace(tzinfo=None) - timedelta(minutes=1))
    assert before is not None
    said = add_reviewer(name="Mara", role="viewer", password="another password", shop_file=shop.file, runs=shop.runs)
    moment = datetime.now(UTC).replace(tzinfo=None)
    after = signed_in(shop, password="another password", now=moment)

    assert said.startswith("mara may sign in as viewer")
    assert person_of(shop, before.cookie, now=moment) is None
    assert after is not None
    assert not after.person.is_approver
    assert signed_in(shop, now=moment) is None


def test_signing_out_ends_the_session_for_good(shop: Shop) -> None:
    """A copy of the cookie is worth nothing afterwards."""
    client = shop.client("mara")
    cookie = client.cookies["postlude_review"]
    token = client.get("/log").text.partition('name="token" value="')[2].partition('"')[0]
    answer = client.post("/sign-out", data={"token": token})
    client.cookies.set("postlude_review", cookie)

    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert client.get("/log").headers["location"] == "/sign-in"


def test_the_cookie_is_for_this_page_alone(shop: Shop) -> None:
    """No script reads it, no other site sends it, and over https it never goes without."""
    client = shop.client()
    form = {"name": "mara", "password": PASSWORD}
    plain = client.post("/sign-in", data=form).headers["set-cookie"]
    encrypted = client.post("https://shop.example/sign-in", data=form).headers["set-cookie"]

    assert {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"} <= set(plain.split("; "))
    assert ("Secure" in plain, "Secure" in encrypted) == (False, True)
    assert client.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_the_sign_in_page_says_what_was_wrong_and_not_which(shop: Shop) -> None:
    """A wrong name and a wrong password read the same."""
    client = shop.client()
    names = ["mara"] * 6 + ["nobody"] * 6
    answers = [client.post("/sign-in", data={"name": name, "password": "guess"}) for name in names]

    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 401, 429] * 2
    assert answers[0].text.replace("mara", "") == answers[6].text.replace("nobody", "")


@pytest.mark.parametrize(
    ("name", "password", "problem"),
    [("a b", PASSWORD, "NAME: use letters"), ("", PASSWORD, "NAME"), ("mara", "short", "at least 12 characters")],
)
def test_a_name_or_password_that_cannot_be_used_is_refused(shop: Shop, name: str, password: str, problem: str) -> None:
    """With what would do."""
    with pytest.raises(WrongUse, match=problem):
        add_reviewer(name=name, role="viewer", password=password, shop_file=shop.file, runs=shop.runs)


def test_the_secret_is_drawn_once_or_given(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It outlives the process, and the environment has the last word."""
    drawn = accounts.session_secret(shop.engine)

    assert len(drawn) > 40
    assert accounts.session_secret(shop.engine) == drawn == shop.desk.secret
    monkeypatch.setenv("POSTLUDE_REVIEW_SECRET", "given")
    assert accounts.session_secret(shop.engine) == "given"
