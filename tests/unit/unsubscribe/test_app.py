"""The app behind the links: what a person, a mail program and a link scanner get, and what is kept."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from personalization import morning, unsubscribe
from personalization import unsubscribe_links as links
from personalization.errors import ConfigurationInvalid
from personalization.export import DESTINATIONS, export_run
from personalization.store import state
from personalization.store.unsubscribes import UNSUBSCRIBES, read_unsubscribes
from personalization.unsubscribe import pages
from tests.lib import published_runs as small

KEY = "a-key-of-the-tests-" + "k" * 32
NOW = datetime(2011, 11, 21, 18)
SENT, NOT_SENT = small.message(1), small.message(2)
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def address(message_id: str = SENT["message_id"], *, language: str = "en") -> str:
    """Path and query of a message's signed link."""
    link = links.sign_link(f"https://shop.example/unsubscribe?m={message_id}", keys=[KEY], language=language)
    return link.removeprefix("https://shop.example")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """One message was sent."""
    engine = small.state_in(tmp_path)
    run = small.publish_and_approve(engine, tmp_path / "runs", [SENT])
    facts = {"shop": small.shop_in(tmp_path), "destination": DESTINATIONS["files"], "recheck": small.recheck()}
    export_run(engine, run=run, now=small.DUE_AT, **facts)
    return engine


@pytest.fixture
def client(engine: Engine, tmp_path: Path) -> TestClient:
    return client_at(NOW, engine, tmp_path)


def client_at(now: datetime, engine: Engine, folder: Path) -> TestClient:
    app = unsubscribe.make_app(shop=small.shop_in(folder), engine=engine, keys=[KEY], clock=lambda: now)
    return TestClient(app, follow_redirects=False)


def test_a_link_scanner_changes_nothing(client: TestClient, engine: Engine) -> None:
    """GET shows a page with one button and keeps nothing, however often it is fetched."""
    answers = [client.get(address()) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert '<form method="post"><button type="submit"' in answers[0].text
    assert read_unsubscribes(engine).num_rows == 0


@pytest.mark.parametrize(
    "body",
    [
        {"data": ONE_CLICK},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},  # multipart/form-data, which RFC 8058 prefers
        {},
    ],
)
def test_one_click_unsubscribes(client: TestClient, engine: Engine, body: dict[str, object]) -> None:
    """One POST is enough: no cookie, no log-in, no redirect; who, which channel and when are kept."""
    answer = client.post(address(), **body)

    assert answer.status_code == 200
    assert "You are unsubscribed" in answer.text
    assert "set-cookie" not in answer.headers
    assert read_unsubscribes(engine).to_pylist() == [
        {
            "message_id": SENT["message_id"],
            "customer_id": SENT["customer_id"],
            "channel": "email",
            "unsubscribed_at": NOW,
        }
    ]


def test_the_same_link_works_again(engine: Engine, tmp_path: Path) -> None:
    """It says the same every time, and each time is kept: they may have subscribed again in between."""
    answers = [
        client_at(NOW + timedelta(days=days), engine, tmp_path).post(address(), data=ONE_CLICK) for days in (0, 3)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert read_unsubscribes(engine)["unsubscribed_at"].to_pylist() == [NOW, NOW + timedelta(days=3)]


@pytest.mark.parametrize("query", ["", "?m=", f"?m={SENT['message_id']}", f"?m={SENT['message_id']}.AAAA", "?m=%00"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_we_did_not_sign_tells_nothing(client: TestClient, engine: Engine, method: str, query: str) -> None:
    """The same page whether the message exists or not, and nothing is kept."""
    answer = client.request(method, f"/unsubscribe{query}")

    assert answer.status_code == 400
    assert answer.text == client.get("/unsubscribe?m=nonsense").text
    assert SENT["message_id"] not in answer.text
    assert read_unsubscribes(engine).num_rows == 0


@pytest.mark.parametrize(
    ("message_id", "status", "says"),
    [
        (NOT_SENT["message_id"], 404, "could not be unsubscribed here"),
        (links.TEST_MESSAGE, 200, "nobody was unsubscribed"),
    ],
)
def test_nobody_is_told_that_it_worked_when_nothing_was_kept(
    client: TestClient, engine: Engine, message_id: str, status: int, says: str
) -> None:
    """A message that the ledger does not know, and a test message."""
    answer = client.post(address(message_id), data=ONE_CLICK)

    assert answer.status_code == status
    assert says in answer.text
    assert read_unsubscribes(engine).num_rows == 0


def test_a_locked_database_asks_to_try_again(
    client: TestClient, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mail program tries again after a 503; a person has a button for it."""
    monkeypatch.setattr(state, "BUSY_SECONDS", 0.05)
    with state.writing(engine):
        answer = client.post(address(), data=ONE_CLICK)

    assert answer.status_code == 503
    assert "Try again" in answer.text
    assert client.post(address(), data=ONE_CLICK).status_code == 200


def test_a_large_body_is_refused(client: TestClient, engine: Engine) -> None:
    """Nobody needs more than a line."""
    assert client.post(address(), content=b"x" * 2_000).status_code == 413
    assert read_unsubscribes(engine).num_rows == 0


@pytest.mark.parametrize("path", [address(), "/unsubscribe", "/nowhere"])
def test_every_answer_has_its_guards(client: TestClient, path: str) -> None:
    """No script, no frame, no cache, and the address with its token goes to no other site."""
    headers = client.get(path).headers

    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


def test_it_shares_no_route_with_anything_else(client: TestClient) -> None:
    """Two addresses, and no page that describes them."""
    assert client.get("/health").text == "ok"
    assert [client.get(path).status_code for path in ("/", "/docs", "/openapi.json")] == [404] * 3


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        ("de", "en", "de"),
        ("en", "de", "en"),
        ("fr", "fr, de;q=0.8, en;q=0.5", "de"),
        ("", "de-AT,de;q=0.9", "de"),
        ("", "en;q=0.2, de;q=0.9", "de"),
        ("", "de;q=0", "en"),
        ("", "de;q=x", "en"),
        ("", "", "en"),
    ],
)
def test_the_page_speaks_the_messages_language(asked: str, accepted: str, language: str) -> None:
    """The link's own language first, then what the browser asks for, then English."""
    assert pages.chosen_language(asked, accepted) == language


def test_the_german_link_gives_the_german_page(client: TestClient) -> None:
    answer = client.get(address(language="de"), headers={"accept-language": "en"})

    assert '<html lang="de">' in answer.text
    assert "Abmelden" in answer.text


def test_a_shops_name_is_text_on_the_page(tmp_path: Path) -> None:
    """A sign of markup in the name stays a sign."""
    shop = small.shop_in(tmp_path, small.SHOP.replace("A shop", "A <b> & {shop}"))

    assert "A &lt;b&gt; &amp; {shop}" in pages.render_page(pages.ASK, language="en", shop=shop)


def test_a_night_reads_what_was_recorded_before_its_cutoff(client: TestClient, engine: Engine) -> None:
    """A night that is run again later reads the same; the export reads all."""
    client.post(address(), data=ONE_CLICK)

    assert read_unsubscribes(engine, before=NOW).num_rows == 0
    assert read_unsubscribes(engine, before=NOW + timedelta(seconds=1)).num_rows == 1
    assert read_unsubscribes(engine, before=NOW).schema == UNSUBSCRIBES


@pytest.mark.parametrize(
    ("setting", "key", "says"),
    [
        ("", KEY, "shop.toml: unsubscribe.url: is required"),
        ('[unsubscribe]\nurl = "https://shop.example/unsubscribe"', "", links.KEYS_VARIABLE),
        ('[unsubscribe]\nurl = "https://shop.example/out"', KEY, "unsubscribe.url"),
        ('[unsubscribe]\nurl = "http://shop.example/unsubscribe"', KEY, "unsubscribe.url"),
    ],
)
def test_it_does_not_start_half_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, key: str, says: str
) -> None:
    """Without its public address or its keys no link could work."""
    monkeypatch.setenv(links.KEYS_VARIABLE, key)
    (tmp_path / "shop.toml").write_text(small.SHOP + setting)

    with pytest.raises(ConfigurationInvalid, match=says):
        morning.serve_unsubscribes(shop_file=tmp_path / "shop.toml", runs=tmp_path / "runs", host="127.0.0.1", port=1)
