"""The lint: structural rules once per template and language on rendered examples, counted rules over all messages.

fail withholds the messages of the template; warn is for a person to judge.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import pyarrow as pa

from personalization.content.colours import MIN_CONTRAST, colours, contrast
from personalization.content.inert import plain, template_signs
from personalization.content.lines import Line
from personalization.content.links import has_personal_data, is_allowed
from personalization.content.page import Page, read_page
from personalization.content.promise import copy_problems, denied_in
from personalization.content.sms import MOST_PARTS, parts_of
from personalization.settings import Brand

FAIL = "fail"
WARN = "warn"
MAX_HTML_BYTES = 90_000  # Gmail clips at about 102 KB
MAX_SUBJECT = 78  # RFC 5322's recommended line
MAX_PREHEADER = 140  # our choice: what mail programs show at most

_SHOUT = re.compile(r"\b[A-ZÄÖÜ]{5,}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a rule found in a template, such as ``onboarding/fashion/en``, or over its messages."""

    rule: str
    severity: str
    template: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One example, rendered, with the properties that it was rendered from.

    The hostile one holds foreign words that our own copy must not be blamed for.
    """

    name: str
    subject: str
    preheader: str
    html: str
    text: str
    sms: str | None
    properties: Mapping[str, object]


def lint_copy(name: str, lines: Mapping[str, Line]) -> list[Finding]:
    """Return what the words of one template in one language may not say, whatever the message (R30)."""
    return [Finding(rule=rule, severity=FAIL, template=name, detail=detail) for rule, detail in copy_problems(lines)]


def lint_template(
    name: str, trials: Sequence[Trial], *, brand: Brand, hosts: frozenset[str], can_unsubscribe: bool = True
) -> list[Finding]:
    """Return what the structural rules find in the rendered examples of one template in one language.

    can_unsubscribe is false for messages about an order that went wrong: they are no marketing.
    """
    found: dict[tuple[str, str], Finding] = {}
    language = name.rsplit("/", 1)[-1]
    for trial in trials:
        page = read_page(trial.html)
        problems = [
            *_page_problems(trial, page, language=language),
            *_link_problems(page, trial, brand=brand, hosts=hosts),
            *(_unsubscribe_problems(page, trial) if can_unsubscribe else ()),
            *([] if trial.name == "hostile" else _wording_problems(trial, page)),
            *([] if trial.sms is None else _sms_problems(trial.sms, can_unsubscribe=can_unsubscribe)),
        ]
        for rule, severity, detail in problems:
            found.setdefault(
                (rule, detail),
                Finding(rule=rule, severity=severity, template=name, detail=f"{detail} (example: {trial.name})"),
            )
    if contrast(colours(brand.colour)["on_brand"], brand.colour) < MIN_CONTRAST:
        detail = f"the brand's colour {brand.colour} leaves button text below {MIN_CONTRAST}:1"
        found["contrast", ""] = Finding(rule="contrast", severity=FAIL, template=name, detail=detail)
    return list(found.values())


_Problem = tuple[str, str, str]


def _page_problems(trial: Trial, page: Page, *, language: str) -> list[_Problem]:
    levels = [level for level, _ in page.headings]
    size = len(trial.html.encode())
    checks = {
        "size": (size <= MAX_HTML_BYTES, f"{size} bytes; mail programs clip above {MAX_HTML_BYTES}"),
        "preheader": (
            page.has_hidden_preheader and trial.preheader and trial.preheader[:20] in " ".join(page.words),
            "the page has no hidden preheader",
        ),
        "language": (page.language == language, f"the page's lang is {page.language!r}, its copy is {language!r}"),
        "alt_text": (all(picture.get("alt") for picture in page.pictures), "a picture has no alt text"),
        "headings": (
            levels.count(1) == 1 and levels[:1] == [1] and all(b - a <= 1 for a, b in pairwise(levels)),
            "a page has one h1, first, and skips no level",
        ),
        "dark_mode": ("dark" in page.metas.get("color-scheme", ""), "the page does not name its dark colour scheme"),
        "template_signs": (
            not template_signs(trial.html + trial.text + trial.subject + trial.preheader),
            "a sign is left that an ESP's template language would act on",
        ),
        "script": ("<script" not in trial.html.lower(), "a script stands in the page"),
    }
    return [(rule, FAIL, detail) for rule, (is_well, detail) in checks.items() if not is_well]


def _link_problems(page: Page, trial: Trial, *, brand: Brand, hosts: frozenset[str]) -> list[_Problem]:
    problems: list[_Problem] = []
    pictures = [str(picture.get("src") or "") for picture in page.pictures]
    for url in [*page.links, *pictures]:
        if not is_allowed(url, hosts=hosts):
            problems.append(("links", FAIL, "a link or picture is not http(s) to a host of the brand or of links.toml"))
        if has_personal_data(url):
            problems.append(("personal_data", FAIL, "a link holds an email address"))
    shown = _flat(" ".join(page.words))
    if _flat(brand.postal_address) not in shown or _flat(brand.postal_address) not in _flat(trial.text):
        problems.append(("postal_address", FAIL, "the postal address is missing in the page or its text twin"))
    # A picture's or logo's link to the front page is no content of its own.
    missing = [url for url in page.links if url not in trial.text and url.rstrip("/") != brand.site_url.rstrip("/")]
    if missing or any(_flat(plain(words)) not in _flat(trial.text) for _, words in page.headings):
        problems.append(("text_twin", FAIL, "a link or heading of the page is missing in its text twin"))
    return problems


def _unsubscribe_problems(page: Page, trial: Trial) -> list[_Problem]:
    link = next((url for url in page.links if "/unsubscribe?m=" in url), None)
    if link is not None and link in trial.text:
        return []
    return [("unsubscribe", FAIL, "the unsubscribe link is missing in the page or its text twin")]


def _wording_problems(trial: Trial, page: Page) -> list[_Problem]:
    said = " ".join([trial.subject, trial.preheader, *page.words, trial.text, trial.sms or ""])
    shouted = sorted({match[0] for match in _SHOUT.finditer(said)})
    problems = [("denied_words", FAIL, f"'{words}' promises more than is known") for words in denied_in(said)]
    problems += [("all_capitals", WARN, f"'{word}' shouts") for word in shouted]
    if len(trial.subject) > MAX_SUBJECT:
        problems.append(
            ("subject_length", WARN, f"the subject has {len(trial.subject)} characters, {MAX_SUBJECT} at most")
        )
    if len(trial.preheader) > MAX_PREHEADER:
        problems.append(("preheader_length", WARN, f"{len(trial.preheader)} characters, {MAX_PREHEADER} at most"))
    return problems


def _sms_problems(sms: str, *, can_unsubscribe: bool) -> list[_Problem]:
    parts = parts_of(sms)
    problems: list[_Problem] = []
    if parts.count > 1:
        severity = FAIL if parts.count > MOST_PARTS else WARN
        told = f"the text message takes {parts.count} parts ({parts.units} units of {parts.alphabet})"
        problems.append(("sms_length", severity, told))
    if "https://" not in sms and "http://" not in sms:
        problems.append(("sms_link", FAIL, "the text message leads nowhere"))
    if can_unsubscribe and "STOP" not in sms:
        problems.append(("sms_opt_out", FAIL, "the text message does not say how to end such messages (STOP)"))
    if template_signs(sms):
        problems.append(("template_signs", FAIL, "a sign is left that an ESP's template language would act on"))
    return problems


def _flat(text: str) -> str:
    return " ".join(text.split())


@lru_cache(maxsize=100_000)
def lint_subject(subject: str) -> tuple[str, ...]:
    """Return the rules that a subject breaks; the words of a product's title are for a person to judge, so all warn."""
    is_long, is_denied = len(subject) > MAX_SUBJECT, bool(denied_in(subject))
    return ("subject_length",) * is_long + ("denied_words",) * is_denied


def lint_table(findings: Sequence[Finding], counted: Counter[tuple[str, str]]) -> pa.Table:
    """Return the result table: the templates' findings, then the counts over all messages by rule and template."""
    rows = [(one.rule, one.severity, one.template, one.detail) for one in findings]
    rows += [(rule, WARN, template, f"{count} messages") for (rule, template), count in counted.items()]
    columns = list(zip(*sorted(rows), strict=True)) or [()] * 4
    names = ("rule", "severity", "template", "detail")
    return pa.table({name: pa.array(list(values), pa.string()) for name, values in zip(names, columns, strict=True)})
