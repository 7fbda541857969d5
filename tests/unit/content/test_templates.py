"""Templates are checked before any message: a wrong one is named with its file, the mistake and what is allowed."""

import shutil

import pytest

from personalization.content import load_templates
from personalization.errors import ConfigurationInvalid
from tests.golden.rewrite_content import SHOP
from tests.unit.content.night import TEMPLATES, decision, due, night

ONE = "replenishment/one"


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(TEMPLATES, tmp_path / "templates")


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_the_shops_own_templates_have_no_findings():
    """What we ship passes every rule, in every language."""
    templates = load_templates(TEMPLATES, SHOP)

    assert templates.findings == ()
    assert templates.languages == {"en", "de"}


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            f"{ONE}/en.toml",
            "{{ short_title }}",
            "{{ titel }}",
            r"one/en\.toml: subject: unknown variable 'titel'; did you mean 'title'\? Allowed: .*short_title",
        ),
        (
            f"{ONE}/en.toml",
            "re-order after about {{ interval }}",
            "re-order after about {{ delay }}",
            r"one/en\.toml: reasons\.personal: unknown variable 'delay'.* Allowed: days_ago, interval",
        ),
        (
            f"{ONE}/en.toml",
            "{{ short_title }}",
            "{{ title | upper }}",
            r"one/en\.toml: subject: copy may hold words and plain slots",
        ),
        (f"{ONE}/de.toml", "button_shop =", "button_schop =", r"one/de\.toml: button_s"),
        (f"{ONE}/de.toml", "preheader =", "vorspann =", r"one/de\.toml: preheader: is required"),
        (
            f"{ONE}/body.mjml",
            '[%- include "partials/shop.mjml" %]',
            "<mj-section><mj-column><mj-text>{{ colour }}</mj-text></mj-column></mj-section>",
            r"one/body\.mjml: unknown variable 'colour'.* Allowed: .*button_url",
        ),
        (
            "partials/products.mjml",
            "{{ item.title }}",
            "{{ item.name }}",
            r"unknown variable 'item\.name'.* Allowed: .*price",
        ),
        (
            f"{ONE}/body.mjml",
            '[%- include "partials/shop.mjml" %]',
            "[[ copy.bye ]]",
            r"one/body\.mjml: .*'bye'; the copy in (en|de)\.toml has: button",
        ),
        (f"{ONE}/body.mjml", "partials/shop.mjml", "partials/nothing.mjml", r"one/body\.mjml: TemplateNotFound"),
        (f"{ONE}/body.mjml", '[%- include "partials/shop.mjml" %]', "<mj-section>", r"one/body\.mjml: not valid MJML"),
        (
            f"{ONE}/body.mjml",
            '[%- include "partials/shop.mjml" %]',
            "<mj-section><mj-column><mj-buton>x</mj-buton></mj-column></mj-section>",
            r"MJML has no element <mj-buton>",
        ),
        (f"{ONE}/body.txt", "[[ copy.heading ]]", "{{ 'a' * 1000000000 }}", r"one/body\.txt: 'mul' is not allowed"),
        (f"{ONE}/body.txt", "[[ copy.heading ]]", "{{ title.upper() }}", r"one/body\.txt: 'call' is not allowed"),
        (
            f"{ONE}/body.txt",
            "[[ copy.heading ]]",
            "{% for item in items %}{% for item in items %}x{% endfor %}{% endfor %}",
            r"one/body\.txt: the only loop",
        ),
        (
            f"{ONE}/template.toml",
            'has_product_link = "flag"',
            "",
            r"shop\.(mjml|txt): unknown variable 'has_product_link'",
        ),
        (f"{ONE}/template.toml", 'title = "text"', 'titel = "text"', r"one/template\.toml: properties: 'titel'"),
        (
            f"{ONE}/template.toml",
            'facts.basis"',
            'facts.base"',
            r"one/template\.toml: fields: unknown field 'facts\.base'; did you mean 'facts\.basis'",
        ),
        (f"{ONE}/template.toml", 'variant = "one"', 'variant = "two"', r"one/template\.toml: program and variant"),
        (
            f"{ONE}/template.toml",
            'basis = "product"',
            'basis = "hunch"',
            r"example 'the product's rhythm, no picture, no price' would be withheld: no_reason",
        ),
        (f"{ONE}/template.toml", "owner =", "owners =", r"one/template\.toml: owner"),
    ],
)
def test_a_broken_template_is_named_before_any_message(folder, file, old, new, message):
    """The error names the file, what is wrong and what is allowed."""
    change(folder / file, old, new)

    with pytest.raises(ConfigurationInvalid, match=message):
        load_templates(folder, SHOP)


def test_a_copy_words_every_line_that_may_be_chosen(folder):
    """One that is missing in every language is named, with those that are needed."""
    for language in ("en", "de"):
        change(folder / ONE / f"{language}.toml", "due = ", "now = ")

    with pytest.raises(ConfigurationInvalid, match=r"toml: opening: one of several is chosen .*: due, early, neutral"):
        load_templates(folder, SHOP)


def test_a_program_without_its_template_is_an_error(folder):
    """A program of the shop that would have nothing to say is found at the start."""
    shutil.rmtree(folder / "cross_sell" / "popular")

    with pytest.raises(ConfigurationInvalid, match=r"cross_sell/popular/template\.toml: no such file"):
        load_templates(folder, SHOP)


@pytest.mark.parametrize(
    ("file", "old", "new", "rule"),
    [
        (f"{ONE}/en.toml", "Time for more?", "Guaranteed to arrive", "denied_words"),
        (f"{ONE}/en.toml", "Time for more?", "It arrives by 3 May", "denied_words"),
        (f"{ONE}/en.toml", "it is about time for more", "it arrives by 3 May", "denied_words"),  # in no example
        (f"{ONE}/en.toml", "Time for more?", "Now 20 % off", "denied_words"),
        (f"{ONE}/en.toml", "Time for more?", "LAST CHANCE to buy", "all_capitals"),
        ("partials/footer.mjml", "{{ unsubscribe_url }}", "{{ support_url }}", "unsubscribe"),
        ("layout.txt", "[[ brand.postal_address ]]", "", "postal_address"),
        ("partials/products.mjml", ' alt="{{ item.title }}"', "", "alt_text"),
        ("layout.mjml", 'lang="[[ language ]]"', 'lang="fr"', "language"),
        ("layout.mjml", "<mj-preview>{{ preheader }}</mj-preview>", "", "preheader"),
        ("partials/greeting.mjml", "h1>", "h3>", "headings"),
        ("layout.mjml", 'content="light dark"', 'content="light"', "dark_mode"),
        ("partials/header.mjml", "[[ brand.site_url ]]", "ftp://shop.example", "links"),
        ("partials/header.mjml", "[[ brand.site_url ]]", "https://tracker.example", "links"),
        (
            "partials/header.mjml",
            "[[ brand.site_url ]]",
            "https://shop.example/?to=ann%40mail.example",
            "personal_data",
        ),
        (f"{ONE}/body.txt", "[[ copy.heading ]]", "", "text_twin"),
        (
            f"{ONE}/body.mjml",
            '[%- include "partials/opening.mjml" %]',
            "<mj-section><mj-column><mj-text>" + "x" * 90_000 + "</mj-text></mj-column></mj-section>",
            "size",
        ),
    ],
)
def test_each_rule_finds_its_fault(folder, file, old, new, rule):
    """A template that breaks a rule is found on its examples."""
    change(folder / file, old, new)

    assert rule in {finding.rule for finding in load_templates(folder, SHOP).findings}


def test_messages_of_a_template_that_fails_the_lint_are_withheld(folder):
    """One bad template holds its own messages back and no others."""
    change(folder / ONE / "en.toml", "Time for more?", "Guaranteed to arrive")
    rendered = night(*(decision(who, "replenishment", due()) for who in ("ann", "ben")), templates=folder)

    assert rendered.withheld["reason"].to_pylist() == ["lint:denied_words"]
    assert rendered.messages["customer_id"].to_pylist() == ["ben"]
    assert ("denied_words", "fail") in {(row["rule"], row["severity"]) for row in rendered.lint.to_pylist()}


CLAIM = "claim_follow_up/resolved"


def test_what_may_be_missing_cannot_stand_in_a_subject(folder):
    """Nobody reads of their order None (R54): an example shows it at the start …"""
    change(folder / CLAIM / "en.toml", 'subject = "Is your order', 'subject = "Is {{ order_name }}, your order')

    with pytest.raises(ConfigurationInvalid, match="example 'no first name': 'order_name' may be missing"):
        load_templates(folder, SHOP)


def test_a_message_with_a_hole_is_withheld(folder):
    """… and a message whose example nobody wrote is withheld."""
    change(folder / CLAIM / "en.toml", 'subject = "Is your order', 'subject = "Is {{ order_name }}, your order')
    text = (folder / CLAIM / "template.toml").read_text(encoding="utf-8")
    (folder / CLAIM / "template.toml").write_text(text[: text.rindex("[[examples]]")], encoding="utf-8")
    rendered = night(
        decision("ann", "claim_follow_up", {"ordered_on": "2011-10-20", "resolved_on": "2011-11-14"}), templates=folder
    )

    assert rendered.withheld["reason"].to_pylist() == ["no_value:order_name"]


def test_template_signs_in_the_brand_are_refused():
    """What stands in shop.toml is no template."""
    brand = SHOP.brand.model_copy(update={"signature": "{{ secret }}"})

    with pytest.raises(ConfigurationInvalid, match="signature"):
        load_templates(TEMPLATES, SHOP.model_copy(update={"brand": brand}))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("It will arrive soon", "next_steps.stalled: 'will arrive' promises more"),
        ("{{ x }}", "next_steps.stalled: template"),
    ],
)
def test_the_shops_own_next_steps_are_read_by_the_lint_too(words, message):
    """They stand in messages word for word."""
    with pytest.raises(ConfigurationInvalid, match=message):
        load_templates(TEMPLATES, SHOP.model_copy(update={"next_steps": {"stalled": words}}))


def test_a_version_is_compiled_once_and_a_changed_file_or_setting_is_another(folder):
    """A night asks twice and the review page for each message; what was edited in between is never overlooked."""
    first = load_templates(folder, SHOP)
    again = load_templates(folder, SHOP)
    renamed = load_templates(folder, SHOP.model_copy(update={"name": "Another shop"}))
    change(folder / "replenishment/one/en.toml", "subject =", 'unused = "x"\nsubject =')
    with pytest.raises(ConfigurationInvalid, match="unused"):
        load_templates(folder, SHOP)

    assert again is first
    assert renamed is not first
