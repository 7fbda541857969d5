"""A night's messages as real emails: tests to the shop's own addresses, and the export of what was approved."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from personalization import morning
from personalization import unsubscribe_links as links
from tests.conftest import Demo
from tests.lib.command import Done, postlude
from tests.lib.compose_stack import LOOPBACK
from tests.lib.mail_sink import Sink, running_sink

KEY = "a-key-of-the-tests-" + "k" * 32
SEED = "seed@regency-gifts.example"
SETTINGS = f"""
[unsubscribe]
url = "https://regency-gifts.example/unsubscribe"
[export]
destination = "smtp"
seeds = ["{SEED}"]
[export.smtp]
from = "Regency Gifts <news@regency-gifts.example>"
tls = "none"
"""


@pytest.fixture
def sink(own_shop: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """A mail server for the demo shop, whose settings know of it."""
    own_shop.write_text(own_shop.read_text(encoding="utf-8") + SETTINGS, encoding="utf-8")
    monkeypatch.setenv(links.KEYS_VARIABLE, KEY)
    with running_sink() as sink:
        monkeypatch.setenv("POSTLUDE_SMTP_HOST", LOOPBACK)
        monkeypatch.setenv("POSTLUDE_SMTP_PORT", str(sink.port))
        yield sink


def asked(capsys: pytest.CaptureFixture[str], demo: Demo, shop: Path, *, to: str = SEED) -> Done:
    return postlude(capsys, "exports", "test", "--run", demo.run, "--shop", shop, "--to", to)


def test_one_message_of_each_kind_arrives(
    demo: Demo, own_shop: Path, sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is our rendering but for the link, says that it is a test, and leaves no trace of a customer's message."""
    sampled = [row for row in pq.read_table(demo.run / "messages.parquet").to_pylist() if row["html"]]
    kinds = {(row["program"], row["variant"], row["locale"]) for row in sampled}

    done = asked(capsys, demo, own_shop)

    assert (done.code, done.err) == (0, "")
    assert f"{len(kinds)} test messages sent" in done.out
    assert sink.recipients == [SEED] * len(kinds)
    pages = {unlinked(row["html"]) for row in sampled}
    for email in sink.emails:
        html = email.get_body(("html",)).get_payload(decode=True).decode()
        assert unlinked(html) in pages
        assert email["Subject"].startswith("[Test] ")
        link = (email["List-Unsubscribe"] or "").strip("<>")
        assert not link or links.read_token(links.token_of(link), keys=[KEY]) == links.TEST_MESSAGE
        assert not link or link.replace("&", "&amp;") in html


def unlinked(html: str) -> str:
    """Return a page without what follows the address in its unsubscribe link."""
    head, link, tail = html.partition("/unsubscribe?m=")
    return head + tail[tail.index('"') :] if link else html


def test_no_other_address_gets_a_test_message(
    demo: Demo, own_shop: Path, sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    """A list in the settings, which a person keeps, and no option decides."""
    done = asked(capsys, demo, own_shop, to="somebody@elsewhere.example")

    assert done.code == 2
    assert "[export] seeds" in done.err
    assert "somebody" not in done.err
    assert sink.emails == []


def test_demo_data_go_to_no_mail_server_elsewhere(
    demo: Demo, own_shop: Path, sink: Sink, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with every way out."""
    monkeypatch.setenv("POSTLUDE_SMTP_HOST", "mail.elsewhere.example")

    done = asked(capsys, demo, own_shop)

    assert done.code == 2
    assert "on this machine" in done.err


def test_a_refusal_is_told_by_its_code(
    demo: Demo, own_shop: Path, sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server's words may name the address; its log has them."""
    sink.at_recipient[SEED] = f"550 no such user {SEED}"

    done = asked(capsys, demo, own_shop)

    assert done.code == 5
    assert "smtp_550" in done.err
    assert SEED not in done.err


def test_what_is_approved_leaves_by_smtp_once(
    own_demo: Demo, own_shop: Path, sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    """As the settings say, an email a recipient with the link of their message; the DAG's export sends none again."""
    postlude(capsys, "review", "approve", "--run", own_demo.run, "--shop", own_shop)
    command = ["export", "--run", own_demo.run, "--data", own_demo.data, "--shop", own_shop]
    command += ["--now", "2011-11-21T12:00", "--json"]

    first = postlude(capsys, *command)
    noon = datetime(2011, 11, 21, 12, tzinfo=UTC)
    second = morning.export_due(shop_file=own_shop, data=own_demo.data, runs=own_demo.runs, now=noon)

    assert first.code == 0
    report = json.loads(first.out)
    assert (report["destination"], report["sent"]) == ("smtp", len(sink.emails))
    assert report["sent"] > 200
    assert ([one["sent"] for one in second.values()], sink.connections) == ([0], 1)
    messages = {row["message_id"]: row for row in pq.read_table(own_demo.run / "messages.parquet").to_pylist()}
    for email in sink.emails:
        message, link = messages[email["X-Postlude-Message"]], (email["List-Unsubscribe"] or "").strip("<>")
        assert email["Subject"] == message["subject"]
        assert bool(link) != (email["Auto-Submitted"] == "auto-generated")
        assert not link or links.read_token(links.token_of(link), keys=[KEY]) == message["message_id"]


def test_an_unknown_destination_is_told_with_the_nearest_one(demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the finger costs nothing."""
    done = postlude(
        capsys, "export", "--run", demo.run, "--data", demo.data, "--shop", demo.shop, "--destination", "stmp"
    )

    assert done.code == 2
    assert "did you mean 'smtp'" in done.err
