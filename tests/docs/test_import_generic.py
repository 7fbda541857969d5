"""The worked example of docs/import-generic.md is run as it stands there, and prints what stands there."""

import re
import shlex
from pathlib import Path

import pytest

from personalization.sources.importing.mapping import read_mapping
from tests.lib.command import postlude

PAGE = (Path(__file__).parents[2] / "docs" / "import-generic.md").read_text(encoding="utf-8")


def test_the_worked_example_does_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every file of the example is written, every command run, and what is printed is what the page shows next."""
    monkeypatch.chdir(tmp_path)
    for name, content in re.findall(r"^`([^`]+)`:\n\n```[a-z]+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL):
        (tmp_path / name).write_text(content, encoding="utf-8")
    runs = re.findall(r"^```sh\npostlude (.*?)\n```.*?^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)

    printed = [postlude(capsys, *shlex.split(command)).out.strip() for command, _ in runs]

    assert len(runs) == 2
    assert printed == [shown.strip() for _, shown in runs]


def test_every_mapping_of_the_page_is_valid(tmp_path: Path) -> None:
    """Each TOML block is a mapping that passes the check."""
    blocks = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)

    for place, block in enumerate(blocks):
        (tmp_path / f"{place}.toml").write_text(block, encoding="utf-8")
    names = [read_mapping(tmp_path / f"{place}.toml").name for place in range(len(blocks))]

    assert names == ["erp", "warehouse"]
