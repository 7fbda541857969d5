"""What an ESP makes of the exported templates is what we make of ours: every template, language and example."""

import json

import pytest

from personalization.content.definitions import read_definition
from personalization.content.inert import template_signs
from personalization.content.templates import load_templates
from personalization.content.trials import hostile_example, try_example
from personalization.content.vendors import DIALECTS, merge_fields, merge_tag, translate, vendor_files
from tests.golden.rewrite_content import ROOT, SHOP
from tests.lib.command import postlude
from tests.lib.vendor_engines import readable, rendered

TEMPLATES = ROOT / "templates"


@pytest.fixture(scope="module")
def templates():
    return load_templates(TEMPLATES, SHOP)


@pytest.fixture(scope="module")
def trials(templates):
    """Each template in each language with its examples and the hostile one, rendered by us."""
    found = []
    for path in sorted(TEMPLATES.glob("*/*/template.toml")):
        definition = read_definition(path)
        examples = [*definition.examples, hostile_example(definition.examples[0])]
        for language in sorted(templates.languages):
            template = templates.compiled[definition.program, definition.variant, language]
            rows = [try_example(template, one, shop=SHOP, hosts=templates.hosts, where=path) for one in examples]
            found.append((template, rows))
    return found


@pytest.mark.parametrize("vendor", DIALECTS)
def test_the_vendors_template_says_what_ours_says(trials, vendor):
    """Subject, preheader, page and text twin, with hostile titles too; only escaping and white space may differ."""
    for template, examples in trials:
        theirs = translate(template, DIALECTS[vendor])
        for ours in examples:
            for part in ("subject", "preheader", "html", "text"):
                said = rendered(vendor, getattr(theirs, part), dict(ours.properties))
                expected, name = getattr(ours, part), f"{template.name}/{template.language}: {ours.name}: {part}"
                assert readable(said) == readable(expected), name


@pytest.mark.parametrize("vendor", DIALECTS)
def test_what_a_stranger_wrote_stays_words(trials, vendor):
    """A title is neither run by a template language, nor a tag in the page, whether it is escaped there or not."""
    for template, examples in trials:
        hostile = examples[-1]
        assert hostile.name == "hostile"
        theirs = translate(template, DIALECTS[vendor])
        page = rendered(vendor, theirs.html, dict(hostile.properties))
        said = rendered(vendor, theirs.subject + theirs.text, dict(hostile.properties))
        assert "<script" not in page.lower()
        assert "49" not in said
        assert template_signs(said + page) == []


def test_properties_hold_no_sign_of_a_template(trials):
    """Even an ESP that fills its template twice finds nothing to run."""
    for _, examples in trials:
        values = merge_fields(examples[-1].properties).values()
        assert template_signs("".join(values)) == []
        assert not set('<>"{}') & set("".join(values))


def test_merge_fields_have_names_of_their_own(trials):
    """Mailchimp's ten characters keep every slot apart from the others of its template."""
    for template, _ in trials:
        tags = [merge_tag(slot) for slot in template.properties]
        assert len(set(tags)) == len(tags)


def test_only_marketing_carries_the_vendors_unsubscribe_link(templates):
    """In page and text; a notice about an order that went wrong has none."""
    for vendor, dialect in DIALECTS.items():
        made = dict(vendor_files(vendor, folder=TEMPLATES, templates=templates, shop=SHOP))
        for name, text in made.items():
            if "/body." in name:
                is_service = name.split("/")[0] in {"delay_notice", "partial_delivery", "not_received_help"}
                assert (dialect.unsubscribe in text) is not is_service, (vendor, name)


def test_templates_are_exported_by_a_command(capsys, tmp_path):
    """A folder per program, variant and language, and a page that says where to paste what."""
    done = postlude(capsys, "templates", "export", "--for", "sendgrid", "--out", tmp_path, "--shop", ROOT / "shop.toml")

    assert done.code == 0
    assert "42 templates for SendGrid" in done.out
    folder = tmp_path / "replenishment" / "one" / "de"
    names = {"subject.txt", "preheader.txt", "body.html", "body.txt", "sms.txt", "example.json"}
    assert {path.name for path in folder.iterdir()} == names
    assert "STOP" in rendered(
        "sendgrid", (folder / "sms.txt").read_text(), json.loads((folder / "example.json").read_text())
    )
    assert "replenishment/one/de | first_name (may be missing), title" in (tmp_path / "README.md").read_text()


def test_an_unknown_vendor_is_named(capsys, tmp_path):
    """The error says which there are."""
    done = postlude(capsys, "templates", "export", "--for", "klavio", "--out", tmp_path, "--shop", ROOT / "shop.toml")

    assert done.code == 2
    assert "--for klavio: no such vendor; did you mean 'klaviyo'?" in done.err
