"""Reads, checks and compiles the templates, all of them at the start of each run and before any message.

Two languages stand in a template. ``[[ … ]]`` and ``[% … %]`` put copy, brand and partials together, once per version;
MJML is then compiled to HTML. ``{{ … }}`` and ``{% … %}`` are left for each message, and may name slots only.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import mrml
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from personalization.content import inert, lint
from personalization.content.colours import colours
from personalization.content.compiled import Compiled
from personalization.content.definitions import TemplateFile, read_definition, read_toml, variants_of
from personalization.content.drafts import BRIEFS, FALLBACK_TYPE
from personalization.content.grammar import check_copy, check_grammar, check_slots
from personalization.content.lines import Line, parse_line
from personalization.content.links import hosts_of
from personalization.content.promise import denied_in
from personalization.content.trials import try_examples
from personalization.errors import ConfigurationInvalid
from personalization.settings import Brand, Shop

_ASSEMBLY = {
    "variable_start_string": "[[",
    "variable_end_string": "]]",
    "block_start_string": "[%",
    "block_end_string": "%]",
    "comment_start_string": "[#",
    "comment_end_string": "#]",
}
_FROM_MESSAGE = ("subject", "preheader")  # a template may show these two beside its properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """All templates of a shop, by program, variant and language, and what the lint found in them."""

    compiled: Mapping[tuple[str, str, str], Compiled]
    languages: frozenset[str]
    hosts: frozenset[str]
    findings: tuple[lint.Finding, ...]

    def find(self, program: str, variant: str, language: str) -> Compiled | None:
        """Return the template; where the variant has none, the neutral one of its program."""
        neutral = (program, FALLBACK_TYPE, language)
        return self.compiled.get((program, variant, language)) or self.compiled.get(neutral)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folder:
    root: Path
    shop: Shop
    shared: Mapping[str, Mapping[str, Any]]
    hosts: frozenset[str]
    assembly: Environment


_KEPT_AT_MOST = 8  # versions in one process: a night loads one, a test run several
_kept: dict[str, Templates] = {}  # by the digest of everything that they are made from


def load_templates(folder: Path, shop: Shop) -> Templates:
    """Return every template in *folder*, checked, compiled and tried on its examples; once a version and process.

    Raises ConfigurationInvalid, naming the file, what is wrong and what is allowed.
    """
    version = _version(folder, shop)
    if version not in _kept:
        loaded = _load(folder, shop)
        if len(_kept) >= _KEPT_AT_MOST:
            _kept.clear()
        _kept[version] = loaded
    return _kept[version]


def _version(folder: Path, shop: Shop) -> str:
    """Return the digest of all files in *folder*, by their paths, and of the shop's settings."""
    content = hashlib.sha256(f"{folder.resolve()}\0{shop.model_dump_json()}".encode())
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        try:
            content.update(f"\0{path.relative_to(folder)}\0".encode() + path.read_bytes())
        except OSError as error:
            raise ConfigurationInvalid(f"{path}: cannot be read: {error.strerror}") from error
    return content.hexdigest()


def _load(folder: Path, shop: Shop) -> Templates:
    shared = {path.stem: read_toml(path) for path in sorted((folder / "shared").glob("*.toml"))}
    if "en" not in shared:
        raise ConfigurationInvalid(f"{folder}/shared/en.toml: no such file; English is the copy to fall back on")
    place = _Folder(
        root=folder, shop=shop, shared=shared, hosts=_allowed_hosts(folder, shop.brand), assembly=_assembly(folder)
    )
    _check_next_steps(shop)
    compiled: dict[tuple[str, str, str], Compiled] = {}
    findings: list[lint.Finding] = []
    for path in sorted(folder.glob("*/*/template.toml")):
        definition = read_definition(path)
        for language in shared:
            template = _compile(path.parent, definition, language=language, place=place)
            found = lint.lint_copy(f"{template.name}/{language}", template.copy)
            found += try_examples(template, definition, shop=shop, hosts=place.hosts, where=path)
            failed = tuple(sorted({finding.rule for finding in found if finding.severity == lint.FAIL}))
            template = replace(template, failed_rules=failed)
            for variant in variants_of(definition):
                if (template.program, variant, language) in compiled:
                    raise ConfigurationInvalid(
                        f"{path}: product_types: another template of the program has '{variant}'"
                    )
                compiled[template.program, variant, language] = template
            findings.extend(found)
    _check_complete(compiled, place)
    return Templates(compiled=compiled, languages=frozenset(shared), hosts=place.hosts, findings=tuple(findings))


def _allowed_hosts(folder: Path, brand: Brand) -> frozenset[str]:
    path = folder / "links.toml"
    listed = read_toml(path).get("allowed_hosts", []) if path.exists() else []
    return hosts_of((brand.site_url, brand.support_url, brand.logo_url)) | {str(host).lower() for host in listed}


def _compile(folder: Path, definition: TemplateFile, *, language: str, place: _Folder) -> Compiled:
    path = folder / f"{language}.toml"
    words = read_toml(path)
    reference = read_toml(folder / "en.toml")
    lines = check_copy(path, words, properties=definition.properties, program=definition.program, reference=reference)
    slots = [*definition.properties, *_FROM_MESSAGE]
    is_service = "unsubscribe_url" not in BRIEFS[definition.program].slots
    mjml = _assemble(folder, "mjml", words, language=language, is_service=is_service, place=place)
    text = _assemble(folder, "txt", words, language=language, is_service=is_service, place=place)
    for kind, source in (("mjml", mjml), ("txt", text)):
        check_grammar(source, where=folder / f"body.{kind}")
        check_slots(source, allowed=slots, files=_sources(folder, kind, place))
    html = _to_html(mjml, where=folder / "body.mjml")
    sms = _sms(words, place.shared[language], shop_name=place.shop.name, is_service=is_service)
    parts = (
        html,
        text,
        words["subject"],
        words["preheader"],
        sms.pattern if sms else "",
        *(f"{key}={words['reasons'][key]}" for key in sorted(words["reasons"])),
    )
    return Compiled(
        name=f"{definition.program}/{definition.variant}",
        program=definition.program,
        variant=definition.variant,
        language=language,
        properties=dict(definition.properties),
        copy=lines,
        subject=lines["subject"],
        preheader=lines["preheader"],
        sms=sms,
        reasons={key: lines[f"reasons.{key}"] for key in words["reasons"]},
        html=_template(html, is_html=True),
        text=_template(text, is_html=False),
        html_source=html,
        text_source=text,
        digest=hashlib.sha256("\x1f".join(parts).encode()).hexdigest(),
    )


def _sms(words: Mapping[str, Any], shared: Mapping[str, str], *, shop_name: str, is_service: bool) -> Line | None:
    """Return the text message with its sender and, where it is marketing, the words that end them."""
    if "sms" not in words:
        return None
    return parse_line(" ".join([f"{shop_name}:", words["sms"], *([] if is_service else [shared["sms_stop"]])]))


def _sources(folder: Path, kind: str, place: _Folder) -> list[Path]:
    partials = sorted((place.root / "partials").glob(f"*.{kind}"))
    return [folder / f"body.{kind}", place.root / f"layout.{kind}", *partials]


def _assemble(
    folder: Path, kind: str, words: Mapping[str, Any], *, language: str, is_service: bool, place: _Folder
) -> str:
    """Return layout, partials, body, copy and brand as one source in which only the slots are open."""
    brand = place.shop.brand
    name_slot = re.compile(r"\{\{ ?shop_name ?\}\}")
    shared = {key: name_slot.sub(place.shop.name, text) for key, text in place.shared[language].items()}
    for key, value in {"name": place.shop.name, **brand.model_dump()}.items():
        if value and inert.template_signs(str(value)):
            raise ConfigurationInvalid(f"shop.toml: {key}: template signs such as '{{{{' cannot stand in a message")
    body = (folder / f"body.{kind}").relative_to(place.root).as_posix()
    try:
        return place.assembly.get_template(f"layout.{kind}").render(
            body=body, copy=words, shared=shared, shop=place.shop, brand=brand, language=language,
            is_service=is_service, colours=colours(brand.colour),
        )  # fmt: skip
    except UndefinedError as error:
        keys = ", ".join(sorted(words))
        raise ConfigurationInvalid(
            f"{folder}/body.{kind}: {error.message}; the copy in {language}.toml has: {keys}"
        ) from error
    except TemplateError as error:
        raise ConfigurationInvalid(f"{folder}/body.{kind}: {type(error).__name__}: {error.message}") from error


def _assembly(root: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(root),
        autoescape=lambda name: bool(name and name.endswith(".mjml")),  # noqa: S701 - text is no markup
        undefined=StrictUndefined,
        **_ASSEMBLY,  # type: ignore[arg-type]
    )


@lru_cache(maxsize=512)
def _to_html(mjml: str, *, where: Path) -> str:
    try:
        html = mrml.to_html(mjml, render_options=mrml.RenderOptions(fonts={})).content
    except OSError as error:
        raise ConfigurationInvalid(f"{where}: not valid MJML: {error}") from error
    unknown = re.search(r"<(mj-[a-z-]+)", html)
    if unknown:
        raise ConfigurationInvalid(f"{where}: MJML has no element <{unknown[1]}> here")
    return str(html)


@lru_cache(maxsize=512)
def _template(source: str, *, is_html: bool) -> Template:
    return message_environment(is_html=is_html).from_string(source)


@lru_cache(maxsize=2)
def message_environment(*, is_html: bool) -> Environment:
    """Return the environment in which each message is rendered: strict, sandboxed, and foreign text made inert."""
    return ImmutableSandboxedEnvironment(
        autoescape=is_html,
        undefined=StrictUndefined,
        finalize=inert.html if is_html else lambda value: inert.plain(str(value)),
        trim_blocks=not is_html,
        lstrip_blocks=not is_html,
        keep_trailing_newline=True,
    )


def _check_next_steps(shop: Shop) -> None:
    """Raise ConfigurationInvalid where the shop's own next steps, which stand in messages, say what no copy may."""
    for state, words in shop.next_steps.items():
        if inert.template_signs(words):
            raise ConfigurationInvalid(f"shop.toml: next_steps.{state}: template signs cannot stand in a message")
        for denied in denied_in(words):
            raise ConfigurationInvalid(
                f"shop.toml: next_steps.{state}: '{denied}' promises more than is known; leave it out"
            )


def _check_complete(compiled: Mapping[tuple[str, str, str], Compiled], place: _Folder) -> None:
    for program in sorted(place.shop.programs):
        for variant in BRIEFS[program].variants if program in BRIEFS else ("<variant>",):
            if (program, variant, "en") not in compiled:
                raise ConfigurationInvalid(
                    f"{place.root}/{program}/{variant}/template.toml: no such file; the program needs it"
                )
