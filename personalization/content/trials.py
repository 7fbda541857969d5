"""Tries a template on its examples and on hostile values, before any message is written from it."""

from pathlib import Path

from jinja2 import UndefinedError

from personalization.content import lint
from personalization.content.compiled import Compiled, fill_properties, hole, render
from personalization.content.definitions import Example, TemplateFile
from personalization.content.drafts import BRIEFS, Case
from personalization.content.guide import guide_of
from personalization.content.lines import fill_plain
from personalization.content.shelf import Product, Shelf
from personalization.content.sms import write_sms
from personalization.content.wording import choose_tongue
from personalization.errors import ConfigurationInvalid
from personalization.settings import Shop


def try_examples(
    template: Compiled, definition: TemplateFile, *, shop: Shop, hosts: frozenset[str], where: Path
) -> list[lint.Finding]:
    """Return what the lint finds in the template's examples and in a hostile one; an example that fails is an error."""
    trials = [try_example(template, example, shop=shop, hosts=hosts, where=where) for example in definition.examples]
    hostile = hostile_example(definition.examples[0])
    trials.append(try_example(template, hostile, shop=shop, hosts=hosts, where=where))
    return lint.lint_template(
        f"{template.name}/{template.language}",
        trials,
        brand=shop.brand,
        hosts=hosts,
        can_unsubscribe="unsubscribe_url" in BRIEFS[template.program].slots,
    )


def try_example(template: Compiled, example: Example, *, shop: Shop, hosts: frozenset[str], where: Path) -> lint.Trial:
    """Return one example rendered as a message would be.

    Raises ConfigurationInvalid where the example belongs to another variant or a slot is not filled.
    """
    products = {
        str(row["sku"]): Product(**{key: value for key, value in row.items() if key != "sku"})
        for row in example.products
    }
    shelf = Shelf(
        products=products,
        currency=shop.currency,
        site_url=shop.brand.site_url,
        hosts=hosts,
        guide=guide_of(shop),
    )
    locale = shop.locale if shop.locale.startswith(template.language) else template.language
    tongue = choose_tongue(locale, shop_locale=shop.locale, languages=frozenset({template.language}))
    case = Case(facts=example.facts, merged=example.merged, tongue=tongue, sent_on=example.sent_on)
    outline = BRIEFS[template.program].draft(case, shelf)
    if isinstance(outline, str):
        raise ConfigurationInvalid(f"{where}: example '{example.name}' would be withheld: {outline}")
    try:
        properties = fill_properties(template, outline, shop=shop, first_name=example.first_name, message_id="0" * 64)
        missing = hole(template, properties)
        if missing is not None:
            raise ConfigurationInvalid(
                f"{where}: example '{example.name}': '{missing}' may be missing, so it cannot stand in the subject, "
                "the preheader or the text message"
            )
        subject, preheader = fill_plain(template.subject, properties), fill_plain(template.preheader, properties)
        html, text = render(template, subject=subject, preheader=preheader, properties=properties)
        sms = write_sms(template.sms, properties) if template.sms else None
    except (UndefinedError, KeyError) as error:
        raise ConfigurationInvalid(f"{where}: example '{example.name}': {error}; a slot is not filled") from error
    return lint.Trial(
        name=example.name, subject=subject, preheader=preheader, html=html, text=text, sms=sms, properties=properties
    )


def hostile_example(example: Example) -> Example:
    """Return the example with a title and a name that no shop would wish for."""
    title = "<script>alert(1)</script> {{ 7*7 }} {% raw %} *|MERGE|* \u202eevil\u202c 🎁 " + "long " * 400
    products = tuple(
        {**row, "title": title, "url": "javascript:alert(1)", "image_url": "javascript:alert(1)"}
        for row in example.products
    )
    items = [
        {**item, "because_title": title} if item.get("because_title") else item
        for item in example.facts.get("items", [])
    ]
    facts = {**example.facts, **({"items": items} if items else {})}
    return example.model_copy(
        update={"name": "hostile", "first_name": "{{ 7*7 }}", "products": products, "facts": facts}
    )
