"""The documentation tells what the code does."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from personalization import cli
from tools.write_docs import DOCS, PAGES

ROOT = Path(__file__).parents[2]
TEXTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(name: str) -> None:
    """A page written from the code is what the code says now; `make docs` writes it anew."""
    assert (DOCS / name).read_text(encoding="utf-8") == PAGES[name]()


def commands() -> dict[str, set[str]]:
    """Return each command with its options."""
    found: dict[str, set[str]] = {}
    waiting = [("", get_command(cli.app))]
    while waiting:
        name, command = waiting.pop()
        for child_name, child in getattr(command, "commands", {}).items():
            waiting.append((f"{name} {child_name}".strip(), child))
        found[name] = {option for parameter in command.params for option in parameter.opts}
    return found


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_command_in_the_text_exists(path: Path) -> None:
    """A command or option that a page names is there."""
    known = commands()
    for line in re.findall(r"postlude ((?:[a-z-]+ ?)+(?:--[a-z-]+)?[^`\n]*)", path.read_text(encoding="utf-8")):
        words = [word for word in re.split(r"[ ,`]+", line) if word]
        name = next((" ".join(words[:count]) for count in (2, 1) if " ".join(words[:count]) in known), None)
        assert name, line
        options = set(re.findall(r"--[a-z-]+", line))
        assert options <= known[name] | {"--help"}, line


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    """A link to a file of the project is not broken."""
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


@pytest.mark.parametrize("target", ["nightly", "test", "install", "check", "up", "env", "docs"])
def test_every_make_target_in_the_readme_exists(target: str) -> None:
    """What the README says of make is there."""
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
