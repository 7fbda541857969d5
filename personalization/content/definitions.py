"""``template.toml``: whose template it is, what it may use, and the examples it is tried on; checked at the edge."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from personalization.content.drafts import BRIEFS
from personalization.errors import ConfigurationInvalid
from personalization.settings import suggest


class Example(BaseModel):
    """A decision and its products, on which a template is tried at the start of each run."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    first_name: str | None = None
    sent_on: date
    facts: dict[str, Any]
    merged: tuple[dict[str, Any], ...] = ()
    products: tuple[dict[str, Any], ...]


class TemplateFile(BaseModel):
    """``template.toml``: whose template it is, what it uses, and what the ESP receives."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    owner: str = Field(min_length=1)
    program: str
    variant: str
    product_types: tuple[
        Literal["consumable", "fashion", "considered", "durable", "digital", "gift_card", "service", "unknown"], ...
    ]
    fields: tuple[str, ...]
    properties: dict[str, Literal["text", "text?", "url", "flag", "items"]]
    examples: tuple[Example, ...] = Field(min_length=1)


def read_toml(path: Path) -> dict[str, Any]:
    """Return a TOML file; raises ConfigurationInvalid, naming it."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigurationInvalid(f"{path}: no such file; every template has its copy in every language") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationInvalid(f"{path}: not valid TOML: {error}") from error


def read_definition(path: Path) -> TemplateFile:
    """Return the checked ``template.toml``; raises ConfigurationInvalid for an unknown key, program, field or slot."""
    try:
        definition = TemplateFile.model_validate(read_toml(path))
    except ValidationError as error:
        issue = error.errors()[0]
        key = ".".join(str(part) for part in issue["loc"])
        raise ConfigurationInvalid(f"{path}: {key}: {issue['msg']}") from error
    place = (path.parent.parent.name, path.parent.name)
    if place != (definition.program, definition.variant):
        raise ConfigurationInvalid(f"{path}: program and variant must be those of the folder, '{'/'.join(place)}'")
    if definition.program not in BRIEFS:
        raise ConfigurationInvalid(f"{path}: unknown program{suggest(definition.program, list(BRIEFS))}")
    brief = BRIEFS[definition.program]
    for field in definition.fields:
        if field not in brief.fields:
            raise ConfigurationInvalid(f"{path}: fields: unknown field '{field}'{suggest(field, list(brief.fields))}")
    for name, kind in definition.properties.items():
        if brief.slots.get(name) != kind:
            known = [f"{slot} ({kind})" for slot, kind in brief.slots.items()]
            raise ConfigurationInvalid(f"{path}: properties: '{name}' of type {kind} is unknown{suggest(name, known)}")
    return definition


def variants_of(definition: TemplateFile) -> tuple[str, ...]:
    """Return the keys under which a template is found: its own name, and for onboarding the product types."""
    types = definition.product_types if definition.program == "onboarding" else ()
    return tuple(dict.fromkeys((definition.variant, *types)))
