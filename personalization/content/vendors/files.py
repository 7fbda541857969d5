"""The files that a marketer pastes into an ESP: a folder per program, variant and language, and how to use them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from personalization.content.definitions import read_definition
from personalization.content.templates import Templates
from personalization.content.trials import try_example
from personalization.content.vendors.dialects import DIALECTS, Dialect, merge_tag
from personalization.content.vendors.translate import merge_fields, translate
from personalization.settings import Shop


def vendor_files(vendor: str, *, folder: Path, templates: Templates, shop: Shop) -> Iterator[tuple[str, str]]:
    """Yield name and content of each file for *vendor*, one of DIALECTS, from the templates in *folder*."""
    dialect = DIALECTS[vendor]
    made: dict[str, Mapping[str, str]] = {}
    for path in sorted(folder.glob("*/*/template.toml")):
        definition = read_definition(path)
        for language in sorted(templates.languages):
            template = templates.compiled[definition.program, definition.variant, language]
            place = f"{template.name}/{language}"
            made[place] = template.properties
            ready = translate(template, dialect)
            trial = try_example(template, definition.examples[0], shop=shop, hosts=templates.hosts, where=path)
            properties = {**trial.properties, **({} if trial.sms is None else {"sms_text": trial.sms})}
            example = merge_fields(properties) if dialect.loop is None else properties
            yield f"{place}/subject.txt", ready.subject + "\n"
            yield f"{place}/preheader.txt", ready.preheader + "\n"
            yield f"{place}/body.html", ready.html
            yield f"{place}/body.txt", ready.text
            if template.sms is not None:
                yield f"{place}/sms.txt", ready.sms + "\n"
            yield f"{place}/example.json", json.dumps(example, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    yield "README.md", _readme(dialect, made)


def _readme(dialect: Dialect, made: Mapping[str, Mapping[str, str]]) -> str:
    lines = [
        f"# Templates for {dialect.title}",
        "",
        "A folder per program, variant and language: subject.txt, preheader.txt, body.html, body.txt, and example.json",
        "with the properties of an example to try them with. They say word for word what Postlude's rendering says.",
        "Make them anew with `postlude templates export` and paste them again whenever a template has changed.",
        "",
        f"Where to paste: {dialect.where}",
        "",
        "The preheader stands hidden in body.html already; paste preheader.txt only where the ESP asks for it besides.",
        "Where there is a text message, sms.txt shows the property sms_text: it is written to fit, so it comes whole.",
        f"The unsubscribe link is {dialect.title}'s own, `{dialect.unsubscribe}`; messages about an order that went",
        "wrong have none, for they are no marketing.",
        "",
        "| template | properties |",
        "|---|---|",
    ]
    for place, properties in made.items():
        told = [_named(name, kind, dialect) for name, kind in properties.items() if name != "unsubscribe_url"]
        lines.append(f"| {place} | {', '.join(told)} |")
    return "\n".join(lines) + "\n"


def _named(name: str, kind: str, dialect: Dialect) -> str:
    if dialect.loop is None and kind != "items":
        name = merge_tag(name)
    return f"{name} (may be missing)" if kind.endswith("?") else name
