"""The review page: what it shows, and that nobody decides who may not, or about what they did not see."""

import threading
from datetime import timedelta

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import select

from personalization.export import DESTINATIONS, export_run
from personalization.review.app import create_app
from personalization.review.desk import Person
from personalization.review.guard import form_token
from personalization.reviewing import ShopDesk
from personalization.settings import load_shop
from personalization.store.state import reading
from personalization.store.tables import look_ups
from tests.lib import published_runs as small
from tests.lib import review_night
from tests.unit.review.conftest import ADDRESS, Shop, fields

NIGHT = f"/nights/{small.NIGHT}"
DECIDING = (f"{NIGHT}/approve", f"{NIGHT}/part", f"{NIGHT}/approve-part", f"{NIGHT}/reject")
OPEN_TO_ALL = {"/sign-in", "/style.css", "/icon.svg"}


def approve_form(client) -> dict:
    return fields(client.get(f"{NIGHT}/decide"), f"{NIGHT}/approve")


def test_every_page_but_the_sign_in_asks_who_it_is(shop: Shop) -> None:
    """A stranger is led to the sign-in, and a stranger's form is refused; no route was forgotten."""
    client, asked = shop.client(), 0
    routes = [route for route in shop.app().routes if isinstance(route, APIRoute) and route.path not in OPEN_TO_ALL]
    for route in routes:
        path = route.path.replace(":path", "").format(night=small.NIGHT, name="x", message_id="0", customer_id="C1")
        for method in route.methods:
            answer = client.request(method, path)
            assert (answer.status_code, answer.headers.get("location")) == (
                (303, "/sign-in") if method == "GET" else (401, None)
            ), (method, path)
            asked += 1

    assert asked == 18
    assert shop.decisions() == []


def test_a_viewer_looks_and_does_not_decide(shop: Shop) -> None:
    """The page shows a viewer everything but the buttons, and refuses a form that they make themselves."""
    client = shop.client("vera")
    page = client.get(f"{NIGHT}/decide")
    form = {**fields(page, "/sign-out"), "digest": shop.desk.tonight(small.NIGHT).digest, "reason": "no"}
    answers = [client.post(path, data=form).status_code for path in DECIDING]

    assert "<form" not in page.text.partition("<main")[2]
    assert answers == [403] * len(DECIDING)
    assert shop.decisions() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},  # another port of this machine
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "", "Origin": ADDRESS},
        {"Sec-Fetch-Site": "same-origin"},  # with a token of another session of the same person
    ],
)
def test_a_forged_form_is_refused(shop: Shop, headers: dict[str, str]) -> None:
    """A form from another site is refused, and one without the session's own token."""
    client = shop.client("mara")
    form = {**approve_form(client), "reason": "no", "sought": "C1", "program": "replenishment"}
    if headers["Sec-Fetch-Site"] == "same-origin":
        other = Person(name="mara", is_approver=True, session="another")
        form["token"] = form_token(shop.desk.secret, other)
    paths = [*DECIDING, f"{NIGHT}/people", "/sign-out"]
    answers = [client.post(path, data=form, headers=headers).status_code for path in paths]

    assert answers == [403] * len(paths)
    assert shop.decisions() == []
    assert client.get(NIGHT).status_code == 200


def test_a_browser_that_does_not_say_where_a_form_is_from_is_asked_for_its_origin(shop: Shop) -> None:
    """Without Sec-Fetch-Site the Origin, else the Referer, has to be this page's own."""
    client = shop.client("mara")
    form = approve_form(client)
    del client.headers["Sec-Fetch-Site"]
    said = [
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "null"},
        {},
        {"Origin": ADDRESS},
        {"Referer": f"{ADDRESS}{NIGHT}/decide"},
    ]
    answers = [client.post(f"{NIGHT}/approve", data=form, headers=headers).status_code for headers in said]

    assert answers == [403, 403, 403, 303, 303]


def test_a_decision_about_an_older_build_is_refused(shop: Shop) -> None:
    """Who looked at a build approves or rejects that one, and is told when there is a newer one."""
    client = shop.client("mara")
    form = approve_form(client)
    messages, decisions = review_night.rows()
    changed = review_night.build(shop.runs, [small.message(1, subject="New"), *messages[1:]], decisions)
    review_night.publish(shop.engine, shop.runs, changed)

    for path in (f"{NIGHT}/approve", f"{NIGHT}/reject"):
        answer = client.post(path, data={**form, "reason": "no"})
        assert answer.status_code == 409
        assert "There is a newer build" in answer.text
    assert shop.decisions() == []
    assert [run.can_open for run in shop.desk.runs()] == [True, False]  # the older build's folder is the newer one's
    assert client.post(f"{NIGHT}/approve", data=approve_form(client)).status_code == 303


def test_a_double_click_is_one_approval(shop: Shop) -> None:
    """The second form finds it done."""
    client = shop.client("mara")
    form = approve_form(client)
    answers = [client.post(f"{NIGHT}/approve", data=form) for _ in range(2)]

    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(303, NIGHT)] * 2
    assert shop.decisions() == [("approve", "mara", True)]
    assert "Approved by mara" in client.get(NIGHT).text


def test_two_approvers_at_once_make_one_decision(shop: Shop) -> None:
    """Whoever comes second is told it is done; an approval and a rejection never both count."""
    clients = [shop.client("mara"), shop.client("tom")]
    forms = [approve_form(client) for client in clients]
    together = threading.Barrier(2)
    answers: list[int] = []

    def approve(client, form) -> None:
        together.wait(timeout=20)
        answers.append(client.post(f"{NIGHT}/approve", data=form).status_code)

    threads = [threading.Thread(target=approve, args=pair) for pair in zip(clients, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    clients[0].post(f"{NIGHT}/reject", data={**forms[0], "reason": "wrong price"})
    overruled = clients[1].post(f"{NIGHT}/approve", data=forms[1])

    assert answers == [303, 303]
    assert [(decision, counts) for decision, _, counts in shop.decisions()] == [("approve", False), ("reject", True)]
    assert (overruled.status_code, "wrong price" in overruled.text) == (400, True)


def test_a_script_in_a_product_title_is_inert(shop: Shop) -> None:
    """Text from the catalogue is text on every page, and a mail is shown in a frame without any right."""
    title = review_night.SCRIPT
    message = small.message(
        1, subject=title, properties='{"title": "' + title + '"}', html=f"<p>{title}</p>", text=title
    )
    built = review_night.build(shop.runs, [message], [review_night.decision(1, "own_rhythm")])
    review_night.publish(shop.engine, shop.runs, built)
    client = shop.client("mara")
    pages = [
        client.get(f"{NIGHT}{path}") for path in ("/content", "/people/C1", f"/decide?without={message['message_id']}")
    ]
    mail = client.get(f"{NIGHT}/messages/{message['message_id']}")

    for page in pages:
        assert "<script" not in page.text
        assert "&lt;script&gt;" in page.text
        assert "default-src 'none'; style-src 'self'" in page.headers["content-security-policy"]
    assert title in mail.text
    assert mail.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert 'sandbox=""' in pages[0].text


def test_every_answer_tells_the_browser_to_be_careful(shop: Shop) -> None:
    """Pages, refusals and the style sheet; nothing is kept by the browser."""
    client = shop.client("mara")
    for path in (
        NIGHT,
        "/nights/1999-01-01",
        "/nights/x",
        "/nowhere",
        "/style.css",
        f"{NIGHT}/report",
        "/log/decisions.csv",
    ):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert headers["cache-control"] == "no-store", path
        assert headers["referrer-policy"] == "same-origin", path
        assert "frame-ancestors 'self'" in headers["content-security-policy"], path


@pytest.mark.parametrize(
    ("leave_out", "sent"),
    [
        ({"segment": "replenishment/own_rhythm"}, {3}),
        ({"segment": "replenishment/usual_rhythm"}, {1, 2}),
        ({"message": small.message(2)["message_id"]}, {1, 3, 4}),
        ({"segment": "replenishment/usual_rhythm", "message": small.message(2)["message_id"]}, {1}),
    ],
)
def test_what_is_approved_in_part_is_what_leaves(shop: Shop, leave_out: dict, sent: set[int]) -> None:
    """The export sends exactly the messages that were not left out."""
    client = shop.client("mara")
    form = {**fields(client.get(f"{NIGHT}/decide"), f"{NIGHT}/part"), **leave_out}
    asked = client.post(f"{NIGHT}/part", data=form)
    nothing_yet = shop.decisions()
    done = client.post(f"{NIGHT}/approve-part", data=fields(asked, f"{NIGHT}/approve-part"))
    settings = load_shop(shop.file)
    export_run(
        shop.engine,
        run=shop.run,
        shop=settings,
        destination=DESTINATIONS["files"],
        now=small.NOON,
        recheck=small.recheck(),
    )

    assert f"Approve {len(sent)}, leave out {4 - len(sent)}?" in asked.text
    assert nothing_yet == []
    assert done.status_code == 303
    assert small.sent_ids(settings) == sorted(small.message(number)["message_id"] for number in sent)


def test_a_part_is_neither_all_nor_nothing(shop: Shop) -> None:
    """A partial approval leaves something out, and something in."""
    client = shop.client("mara")
    form = approve_form(client)
    cases = {
        "Nothing is left out": [{}, {"segment": "replenishment/nobody"}],
        "Everything would be left out": [{"program": "replenishment"}],
    }
    for says, leave_outs in cases.items():
        for leave_out in leave_outs:
            for step in ("part", "approve-part"):
                answer = client.post(f"{NIGHT}/{step}", data={**form, **leave_out})
                assert (answer.status_code, says in answer.text) == (400, True), (step, leave_out)
    assert shop.decisions() == []


def test_the_second_persons_rule_is_told_before_the_button(shop: Shop) -> None:
    """Who started the night reads why another person approves it, finds no such button, and may reject."""
    client = shop.client("ann")
    page = client.get(f"{NIGHT}/decide")
    digest = shop.desk.tonight(small.NIGHT).digest
    token = fields(page, f"{NIGHT}/reject")["token"]
    forced = client.post(f"{NIGHT}/approve", data={"digest": digest, "token": token})

    assert "ann started this run, so another person approves it" in page.text
    assert f'action="{NIGHT}/approve"' not in page.text
    assert forced.status_code == 400
    assert client.post(f"{NIGHT}/reject", data={"digest": digest, "token": token, "reason": " "}).status_code == 400
    assert client.post(f"{NIGHT}/reject", data={"digest": digest, "token": token, "reason": "x"}).status_code == 303
    assert shop.decisions() == [("reject", "ann", True)]


def test_a_held_program_says_why_and_what_to_do(shop: Shop) -> None:
    """The sentence, the evidence and whom to ask stand on the page."""
    messages, decisions = review_night.rows()
    why = "on time share: 81 % of 900 parcels came in time; 88 % is needed."
    built = review_night.build(shop.runs, messages, decisions, held=why)
    review_night.publish(shop.engine, shop.runs, built)
    page = shop.client("vera").get(NIGHT).text

    assert "On time share: 81 % of 900 parcels came in time; 88 % is needed." in page
    assert "Ask for it to be mended (logistics lead: On time share)" in page
    assert "78.0\u00a0% to 84.0\u00a0%" in page


def test_the_night_is_told_from_considered_to_sent_in_words(shop: Shop) -> None:
    """Six cases, two left out, each with its reason; segments by their friendly names where there is a file."""
    program = shop.desk.tonight(small.NIGHT).programs[0]
    page = shop.client("vera").get(NIGHT).text

    assert (program.considered, program.to_send, [step.left for step in program.steps]) == (6, 4, [5, 4])
    assert "they have an open support ticket" in page
    assert "(on time share, carrier swiftline)" in page
    assert [(segment.title, segment.people, segment.to_send) for segment in program.segments] == [
        ("By their own rhythm", 4, 3),
        ("Usual rhythm", 3, 2),
    ]


def test_a_segments_examples_name_nobody(shop: Shop) -> None:
    """Words, file and examples are there; no customer's or order's number is."""
    page = shop.client("vera").get(f"{NIGHT}/segments/own_rhythm").text

    assert "By their own rhythm" in page
    assert "People who buy it again and again." in page
    assert "Tea lights (22423), bought 3 times" in page
    assert not any(f">{code}{number}" in page or f" {code}{number}" in page for code in "CO" for number in range(1, 7))


def test_who_came_and_left_is_told_against_the_night_before(shop: Shop) -> None:
    """C1 left, C9 came."""
    messages, decisions = review_night.rows()
    later = [review_night.decision(9, "own_rhythm"), *decisions[1:]]
    built = review_night.build(shop.runs, [small.message(9), *messages[1:]], later, night="2011-11-21")
    review_night.publish(shop.engine, shop.runs, built, now=small.PUBLISHED_AT + timedelta(days=1))
    segment = shop.desk.segment("2011-11-21", "own_rhythm")
    program = shop.desk.tonight("2011-11-21").programs[0]

    assert (segment.before, segment.entered, segment.left) == (small.NIGHT, 1, 1)
    assert [(change.against, change.difference) for change in program.changes] == [("last night", "the same")]


def test_a_customer_is_found_and_the_look_is_kept_by_id(shop: Shop) -> None:
    """By address in any case; the log holds the id alone, and nothing of a search that found nobody."""
    client = shop.client("vera")
    form = {"token": fields(client.get(f"{NIGHT}/people"), f"{NIGHT}/people")["token"]}
    found = client.post(f"{NIGHT}/people", data={**form, "sought": " one@shop.EXAMPLE "})
    nobody = client.post(f"{NIGHT}/people", data={**form, "sought": "three@shop.example"})
    page = client.get(found.headers["location"])
    with reading(shop.engine) as connection:
        kept = connection.execute(select(look_ups.c.reviewer, look_ups.c.customer_id)).all()

    assert found.headers["location"] == f"{NIGHT}/people/C1"
    assert (nobody.status_code, "three@" in nobody.text) == (400, False)
    assert "Will be written to on 2011-11-21 at 10:00 UTC" in page.text
    assert "asks where the order is, open, order O1" in page.text
    assert "order O1, 12.50 GBP" in page.text
    assert [tuple(row) for row in kept] == [("vera", "C1")]


def test_the_log_is_a_file_that_a_spreadsheet_may_open(shop: Shop) -> None:
    """A reason that looks like a formula is text."""
    client = shop.client("mara")
    form = fields(client.get(f"{NIGHT}/decide"), f"{NIGHT}/reject")
    client.post(f"{NIGHT}/reject", data={**form, "reason": "=1+1"})
    lines = client.get("/log/decisions.csv").text.splitlines()

    assert lines[1].split(",")[2:6] == ["rejected", "mara", "'=1+1", "none of 4"]
    assert shop.client("vera").get("/log/look-ups.csv").status_code == 403


def test_a_file_changed_since_the_night_is_not_shown(shop: Shop) -> None:
    """What is looked at is what was published."""
    client = shop.client("mara")
    assert client.get(NIGHT).status_code == 200
    (shop.run / "readiness.parquet").write_bytes(b"other")
    answer = client.get(NIGHT)

    assert answer.status_code == 400
    assert f"{small.NIGHT}/readiness.parquet: changed since the night was published" in answer.text
    assert str(shop.runs) not in answer.text


def test_settings_that_cannot_be_read_are_told(shop: Shop) -> None:
    """Before the first night, or with a broken shop.toml, the page says what is wrong, as it would on the terminal."""
    shop.file.write_text("name = ")
    client = TestClient(create_app(shop.desk, identify=lambda: Person(name="mara", is_approver=True, session="x")))
    answer = client.get(NIGHT)

    assert (answer.status_code, "not valid TOML" in answer.text) == (400, True)


def test_what_nobody_foresaw_is_told_without_a_word_of_the_data(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the page nor the log holds the text of an unforeseen failure."""

    def fail(*_: object) -> None:
        raise RuntimeError("one@shop.example")

    monkeypatch.setattr(ShopDesk, "tonight", fail)
    answer = shop.client("mara").get(NIGHT)

    assert (answer.status_code, "one@shop.example" in answer.text + caplog.text) == (500, False)
    assert "Unforeseen RuntimeError at test_page.py" in caplog.text
