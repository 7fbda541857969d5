"""The message table: what each decision becomes, and what is withheld."""

import json
from datetime import timedelta

import pyarrow as pa
import pytest

from personalization.content import load_templates, message_id_of, render_again
from personalization.errors import ConfigurationInvalid
from tests.golden.rewrite_content import SHOP
from tests.lib.tables import canonical
from tests.unit.content.night import PRODUCTS, SEND_AT, TEMPLATES, decision, due, night, only, pair

_KEY = ["message_id", "customer_id", "program", "variant", "channel", "order_id", "locale", "send_at", "expires_at"]
COLUMNS = [*_KEY, "subject", "preheader", "properties", "html", "text", "digest", "decision_subject", "own_blocks"]


def test_the_columns_are_those_of_the_run_folder():
    """messages.parquet has its fixed columns in their order, with none to send too."""
    assert night(decision("ann", "replenishment", due())).messages.column_names == COLUMNS
    assert night().messages.column_names == COLUMNS


def test_a_message_knows_its_decision_window_and_identity():
    """The id hashes shop, program, customer, channel and subject; a message expires when its window closes."""
    row = only(night(decision("ann", "replenishment", due(), subject="tea:3", order_id="o9")))

    assert row["message_id"] == message_id_of(
        SHOP.name, program="replenishment", customer_id="ann", channel="email", subject="tea:3"
    )
    assert (row["send_at"], row["expires_at"]) == (SEND_AT, SEND_AT + timedelta(hours=36))
    assert (row["decision_subject"], row["order_id"], row["channel"]) == ("tea:3", "o9", "email")


def _unobserved(facts):
    return {**facts, "usual_gap_days": None, "gap_low_days": None, "gap_high_days": None}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (due(), "You bought this 29 days ago and usually re-order after about 31 days"),
        (due(gap_low_days=19, gap_high_days=302), "You have bought this 4 times, most recently 29 days ago"),
        (due(basis="product"), "Customers who buy it again usually do so after about 31 days"),
        (due(basis="product", gap_low_days=6), "Many of our customers have bought this again"),
        (due(basis="category"), "Customers who buy products like this again usually do so after about 31 days"),
        (due(basis="category", gap_low_days=6), "Many of our customers have bought products like this again"),
        (
            _unobserved(due(basis="authored", interval_days=60)),
            "By our estimate, what you bought last time lasts about 60 days",
        ),
        (_unobserved(due()), "You have bought this 4 times, most recently 29 days ago"),
    ],
)
def test_a_reminder_gives_the_true_reason(facts, reason):
    """The reason follows from basis and observed gaps; a spread wider than the median gives no number."""
    row = only(night(decision("ann", "replenishment", facts)))

    assert json.loads(row["properties"])["reason"] == reason
    assert reason in row["text"]
    assert row["preheader"] == f"{reason}."


@pytest.mark.parametrize(
    ("support", "reason"),
    [
        (12, "Bought by 12 customers who also chose Teapot Blue"),
        (1, "Bought by a customer who also chose Teapot Blue"),
        (0, "Well liked by our customers"),
    ],
)
def test_a_suggestion_counts_who_chose_it_too(support, reason):
    """A pair names its support; without any it is a favourite and says no more."""
    row = only(night(decision("ann", "cross_sell", {"items": [pair("tea", support=support)]})))

    assert json.loads(row["properties"])["items"][0]["reason"] == reason
    assert row["variant"] == ("pairs" if support else "popular")


@pytest.mark.parametrize(
    ("product_type", "variant"),
    [
        ("fashion", "fashion"),
        ("durable", "durable"),
        ("gift_card", "unknown"),
        ("nonsense", "unknown"),
        (None, "unknown"),
    ],
)
def test_onboarding_follows_the_product_type(product_type, variant):
    """An unknown product type gets the neutral words only."""
    facts = {"sku": "tea", "product_type": product_type, "delivered_on": "2011-11-18"}

    row = only(night(decision("ann", "onboarding", facts)))
    assert row["variant"] == variant
    assert choices(row)["steps"] == (variant, [] if variant == "unknown" else ["facts.product_type"])


def test_copy_and_formats_speak_one_language():
    """A German customer reads German words, dates and prices; one whose language we lack reads the shop's."""
    rows = night(*(decision(who, "replenishment", due()) for who in ("ann", "ben", "cleo"))).messages.to_pylist()

    assert [row["locale"] for row in rows] == ["en_GB", "de_DE", "en_GB"]
    assert "4,50\xa0£" in rows[1]["html"]
    assert "vor 29 Tagen" in rows[1]["text"]
    assert "£4.50" in rows[2]["text"]


def test_a_first_name_is_greeted_and_a_missing_one_is_not():
    """Nobody is called None, or by a blank."""
    ann, ben = night(*(decision(who, "replenishment", due()) for who in ("ann", "ben"))).messages.to_pylist()

    assert "Hello Ann," in ann["text"]
    assert "Guten Tag,\n" in ben["text"]


def test_a_product_without_picture_price_or_link_still_has_its_block():
    """A block falls back: no picture, no price of nought, no link to another host."""
    row = only(night(decision("ann", "replenishment", due("cup"))))

    item = json.loads(row["properties"])["items"][0]
    assert (item["title"], item["price"], item["image_url"], item["url"]) == ("Cup, blue", None, None, None)
    assert "<img" not in row["html"]
    assert "Go to the shop: https://shop.example" in row["text"]


def test_merged_reminders_share_one_message():
    """What was merged into a reminder is listed in it, each with its own reason, in the decision's order."""
    merged = due("pot", basis="product", interval_days=40)
    row = only(
        night(
            decision("ann", "replenishment", due(also=[{"sku": "pot"}, {"sku": "cup"}])),
            decision("ann", "replenishment", due("cup"), subject="s2", verdict="merged"),
            decision("ann", "replenishment", merged, subject="s4", verdict="merged"),
            decision("ben", "replenishment", merged, subject="s3", verdict="merged"),
        )
    )

    assert row["variant"] == "several"
    assert [item["sku"] for item in json.loads(row["properties"])["items"]] == ["tea", "pot", "cup"]


WAITED_FOR = {
    "delay": "late",
    "ordered_on": "2011-11-08",
    "promised_on": "2011-11-16",
    "last_news_on": "2011-11-18",
    "state": "in_transit",
    "page": "tracking",
    "items": [{"sku": "tea", "qty": 2}],
}


@pytest.mark.parametrize(
    ("program", "facts", "reason"),
    [
        ("replenishment", due("gone"), "product_missing"),
        ("replenishment", due("blank"), "no_title"),
        ("replenishment", due("out"), "out_of_stock"),
        ("replenishment", due("old"), "not_for_sale"),
        ("replenishment", due(basis="guess"), "no_reason"),
        ("replenishment", due(basis="authored", interval_days=None), "no_reason"),
        ("onboarding", {"sku": "tea", "delivered_on": None}, "no_delivery_date"),
        ("cross_sell", {"items": []}, "no_items"),
        ("cross_sell", {"items": [pair("out")]}, "out_of_stock"),
        ("survey", {}, "no_template"),
        ("win_back", {"delivered_on": "2011-07-01", "items": []}, "no_items"),
        ("win_back", {"delivered_on": "2011-07-01", "items": [{"sku": "out", "purchases": 2}]}, "out_of_stock"),
        ("win_back", {"items": [{"sku": "tea", "purchases": 2}]}, "no_delivery_date"),
        ("delay_notice", {**WAITED_FOR, "promised_on": None}, "no_delivery_date"),
        ("loyalty", {"occasion": "points_expire", "points": None}, "no_reason"),
        ("loyalty", {"occasion": "points_expire", "points": 1, "points_expire_on": "2011-12-01"}, "no_reason"),
        ("claim_follow_up", {"ordered_on": "2011-10-20"}, "no_order_date"),
        ("delay_notice", {**WAITED_FOR, "state": "lost in space"}, "no_next_step"),
        ("delay_notice", {**WAITED_FOR, "ordered_on": None}, "no_order_date"),
        ("partial_delivery", {**WAITED_FOR, "rest": "on_its_way"}, "no_delivery_date"),
    ],
)
def test_what_cannot_be_said_truthfully_is_withheld(program, facts, reason):
    """A withheld message stands with its reason and is not dropped."""
    products = """
    sku   | title  | is_in_stock | status
    tea   | Tea    | true        | active
    blank | {{ }}  | -           | active
    out   | Pot    | false       | active
    old   | Cup    | -           | discontinued
    """
    rendered = night(decision("ann", program, facts), decision("ben", "replenishment", due()), products=products)

    assert rendered.withheld.to_pylist() == [
        {"customer_id": "ann", "program": program, "subject": "s1", "reason": reason}
    ]
    assert len(rendered.messages) == 1


def test_a_notice_goes_without_the_goods_that_the_catalogue_does_not_know():
    """It names the order alone; the lint says that something was left out."""
    facts = {**WAITED_FOR, "order_name": "#1042", "items": [{"sku": "gone", "qty": 2}]}
    rendered = night(decision("ann", "delay_notice", facts))
    message = only(rendered)

    assert json.loads(message["properties"])["items"] == []
    assert "#1042" in message["html"]
    assert "#1042" in message["text"]
    assert rendered.lint["rule"].to_pylist() == ["item_left_out"]


def test_of_many_lines_four_are_shown_and_the_others_counted():
    """What has arrived and what has not is told apart."""
    items = [{"sku": "tea", "qty": number, "is_delivered": number > 2} for number in range(1, 8)]
    text = only(night(decision("ann", "delay_notice", {**WAITED_FOR, "items": items})))["text"]

    assert [text.count(words) for words in ("Still to come. Quantity:", "Arrived. Quantity:")] == [2, 2]
    assert "Items not shown: 3" in text


@pytest.mark.parametrize(
    ("locale", "state", "step", "url"),
    [
        ("en_GB", "in_transit", "Track it on our page.", "https://shop.example/track"),  # the shop's own words
        ("de_DE", "in_transit", "Verfolgen Sie das Paket.", "https://shop.example/track"),  # which are English
        ("en_GB", "stalled", "Write to us.", SHOP.brand.support_url),  # a page without an address of its own
    ],
)
def test_the_next_step_is_the_orders_own(locale, state, step, url):
    """In the shop's words in its own language, else in the journey's; it leads to the page that shop.toml names."""
    shop = SHOP.model_copy(
        update={
            "next_steps": {"in_transit": "Track it on our page."},
            "pages": {"tracking": "https://shop.example/track"},
        }
    )
    facts = {**WAITED_FOR, "state": state, "page": "tracking" if state == "in_transit" else "help"}
    people = canonical("customers", f"customer_id | first_name | locale\nann | Ann | {locale}")
    properties = json.loads(only(night(decision("ann", "delay_notice", facts), shop=shop, people=people))["properties"])

    assert (properties["next_step"], properties["button_url"]) == (step, url)


def test_a_suggestion_out_of_stock_is_left_out_and_counted():
    """The rest of the message goes, and the lint says how often something was missing."""
    facts = {"items": [pair("tea"), pair("gone")]}
    rendered = night(decision("ann", "cross_sell", facts))

    assert [item["sku"] for item in json.loads(only(rendered)["properties"])["items"]] == ["tea"]
    assert rendered.lint.to_pylist() == [
        {"rule": "item_left_out", "severity": "warn", "template": "cross_sell/pairs/en", "detail": "1 messages"}
    ]


def test_only_decisions_to_send_become_messages():
    """A verdict other than send leaves no message and nothing withheld."""
    rendered = night(decision("ann", "replenishment", due(), verdict="capped"))

    assert (len(rendered.messages), len(rendered.withheld)) == (0, 0)


def test_properties_render_again_to_the_same_bytes():
    """The row alone, without facts or catalogue, gives the same HTML and text."""
    row = only(night(decision("ann", "cross_sell", {"items": [pair("tea"), pair("cup", support=0)]})))

    stripped = {**row, "html": None, "text": None}
    assert render_again(stripped, templates=load_templates(TEMPLATES, SHOP)) == (row["html"], row["text"])


def test_a_message_of_another_template_version_is_not_rendered_again():
    """Approved words cannot change behind the approver's back."""
    row = only(night(decision("ann", "replenishment", due())))
    brand = SHOP.brand.model_copy(update={"signature": "Somebody else"})

    with pytest.raises(ConfigurationInvalid, match="has changed since"):
        render_again(row, templates=load_templates(TEMPLATES, SHOP.model_copy(update={"brand": brand})))


def test_the_review_sample_holds_the_odd_ones():
    """A few messages per variant keep their pages, among them the longest title, no picture, no price and no name."""
    people = pa.table({"customer_id": [f"c{n:02}" for n in range(40)], "first_name": ["Ann"] * 39 + [None]})
    catalogue = pa.table(
        {
            "sku": ["plain", "long", "bare"],
            "title": ["Tea", "Tea of the long and winding road", "Pot"],
            "price_cents": [450, 450, None],
            "image_url": ["https://shop.example/a.jpg"] * 2 + [None],
        }
    )
    skus = ["plain"] * 37 + ["long", "bare", "plain"]
    decisions = [decision(f"c{n:02}", "replenishment", due(sku)) for n, sku in enumerate(skus)]
    rendered = night(*decisions, people=people, catalogue=catalogue, sample_per_variant=5)

    kept = [row["customer_id"] for row in rendered.messages.to_pylist() if row["html"]]
    assert len(kept) == 5
    assert {"c37", "c38", "c39"} <= set(kept)
    again = night(*reversed(decisions), people=people, catalogue=catalogue, sample_per_variant=5)
    assert again.messages.equals(rendered.messages)


def choices(row):
    return {one["block"]: (one["chosen"], one["facts"]) for one in json.loads(row["properties"])["choices"]}


RHYTHM = ["facts.last_bought_on", "facts.usual_gap_days"]


@pytest.mark.parametrize(
    ("facts", "opening", "closing", "order", "own_blocks"),
    [
        (due(purchases=5, usual_gap_days=29), ("due", RHYTHM), "regular", "products_first", 4),
        (due(purchases=4), ("early", RHYTHM), "neutral", "words_first", 2),
        (due(gap_low_days=19, gap_high_days=302), ("neutral", []), "neutral", "words_first", 1),
        (due(basis="product"), ("neutral", []), "neutral", "words_first", 0),
    ],
)
def test_a_reminder_is_chosen_by_the_persons_own_facts(facts, opening, closing, order, own_blocks):
    """Whose usual gap is over hears so; who bought it often sees it first; every choice names its facts."""
    row = only(night(decision("ann", "replenishment", facts)))
    found = choices(row)

    assert (found["opening"], found["closing"][0], found["order"][0]) == (opening, closing, order)
    assert row["own_blocks"] == own_blocks == sum(bool(of) for _, of in found.values())
    lead, product = row["text"].index(json.loads(row["properties"])["opening"]), row["text"].index("* Loose Leaf Tea")
    assert (product < lead) is (order == "products_first")
    assert (
        row["html"].index("Loose Leaf Tea</a></h2>") < row["html"].index(json.loads(row["properties"])["opening"])
    ) is (order == "products_first")


@pytest.mark.parametrize(("purchases", "chosen"), [(2, "came_back"), (1, "once")])
def test_who_came_back_for_something_hears_so(purchases, chosen):
    """The opening of a win-back follows from how often they bought what it shows."""
    item = {"sku": "tea", "purchases": purchases, "last_bought_on": "2011-07-14"}
    row = only(night(decision("ann", "win_back", {"delivered_on": "2011-07-18", "items": [item]})))

    assert choices(row)["opening"] == (chosen, ["facts.items.purchases", "facts.delivered_on"])
    assert ("more than once" in row["text"]) is (chosen == "came_back")


def test_choices_are_counted_over_all_messages():
    """By program and block, with the facts that decided; what rests on none is a fall-back."""
    rendered = night(
        decision("ann", "cross_sell", {"items": [pair("tea"), pair("cup", support=0)]}),
        decision("ben", "cross_sell", {"items": [pair("tea")]}),
        decision("cleo", "onboarding", {"sku": "tea", "product_type": "durable", "delivered_on": "2011-11-18"}),
        decision("ann", "delay_notice", WAITED_FOR),
    )

    told = {(row["program"], row["block"], row["chosen"]): row for row in rendered.choices.to_pylist()}
    assert told["cross_sell", "item 1", "co_purchase"]["messages"] == 2
    assert told["cross_sell", "item 1", "co_purchase"]["facts"] == ["facts.items.because_title"]
    assert told["cross_sell", "item 2", "popularity"]["facts"] == []
    assert told["onboarding", "steps", "durable"]["facts"] == ["facts.product_type"]
    assert told["delay_notice", "next step", "in_transit"]["facts"] == ["facts.state"]
    blocks = {(row["program"], row["customer_id"]): row["own_blocks"] for row in rendered.messages.to_pylist()}
    assert blocks == {
        ("cross_sell", "ann"): 1,
        ("delay_notice", "ann"): 2,
        ("cross_sell", "ben"): 1,
        ("onboarding", "cleo"): 2,
    }


def test_the_digest_changes_with_what_is_read():
    """Approval is bound to bytes: another price is another digest, the same message the same."""
    one = only(night(decision("ann", "replenishment", due())))
    same = only(night(decision("ann", "replenishment", due())))
    other = only(night(decision("ann", "replenishment", due()), products=PRODUCTS.replace("450", "451")))

    assert one["digest"] == same["digest"]
    assert one["digest"] != other["digest"]
    assert one["message_id"] == other["message_id"]


def test_the_unsubscribe_link_names_the_message_and_no_person():
    """No personal data stands in a link."""
    row = only(night(decision("ann", "replenishment", due())))

    assert f"https://shop.example/unsubscribe?m={row['message_id']}" in row["html"]
    assert "ann" not in json.loads(row["properties"])["unsubscribe_url"].lower().replace(row["message_id"], "")
