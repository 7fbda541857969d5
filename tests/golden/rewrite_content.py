"""Rewrites the golden messages: ``python -m tests.golden.rewrite_content``, then read the diff."""

from collections.abc import Iterator
from pathlib import Path

from personalization.content.definitions import read_definition
from personalization.content.templates import load_templates
from personalization.content.trials import try_example
from personalization.settings import Brand, Program, Shop

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "content"
_PROGRAM = Program(owner="owner@shop.example", metric="repeat purchases", recurrence="nightly")
SHOP = Shop(
    root=ROOT,
    name="The Tea Shop",
    timezone="Europe/London",
    programs=dict.fromkeys(("onboarding", "replenishment", "cross_sell"), _PROGRAM),
    brand=Brand(
        site_url="https://shop.example",
        support_url="https://shop.example/help",
        postal_address="The Tea Shop, 2 Sample Lane, York YO1 0AA",
        signature="Ada and Tom",
    ),
)


def golden_files() -> Iterator[tuple[str, str]]:
    """Yield name and content of every golden file: each template's first example, in each language."""
    templates = load_templates(ROOT / "templates", SHOP)
    for path in sorted((ROOT / "templates").glob("*/*/template.toml")):
        definition = read_definition(path)
        for language in sorted(templates.languages):
            template = templates.find(definition.program, definition.variant, language)
            assert template is not None
            trial = try_example(template, definition.examples[0], shop=SHOP, hosts=templates.hosts, where=path)
            name = f"{definition.program}-{definition.variant}-{language}"
            yield f"{name}.html", trial.html
            sms = f"SMS: {trial.sms}\n" if trial.sms else ""
            yield f"{name}.txt", f"Subject: {trial.subject}\nPreheader: {trial.preheader}\n{sms}\n{trial.text}"


def rewrite() -> None:
    """Write every golden file anew and remove those of templates that are gone."""
    FOLDER.mkdir(exist_ok=True)
    files = dict(golden_files())
    for path in FOLDER.iterdir():
        if path.name not in files:
            path.unlink()
    for name, content in files.items():
        (FOLDER / name).write_text(content, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    rewrite()
