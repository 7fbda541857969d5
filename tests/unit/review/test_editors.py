"""Who last edited the segments and templates, by real git."""

import getpass
import subprocess
from pathlib import Path

import pytest

from personalization.review.editors import last_editors


def git(folder: Path, *arguments: str, author: str = "Ann Lee <ann@shop.example>") -> None:
    name, address = author.removesuffix(">").split(" <")
    identity = ["-c", f"user.name={name}", "-c", f"user.email={address}", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


def commit(folder: Path, name: str, text: str, *, author: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    git(folder, "add", name)
    git(folder, "commit", "-m", "Change", author=author)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    git(tmp_path, "init", ".")
    (tmp_path / "shop").mkdir()
    commit(tmp_path, "shop/segments/a.toml", "1", author="Ann Lee <ann@shop.example>")
    commit(tmp_path, "shop/segments/b.toml", "1", author="Tom Jones <TOM@shop.example>")
    commit(tmp_path, "shop/README.md", "1", author="Zoe <zoe@shop.example>")
    return tmp_path / "shop"


def test_the_last_committer_of_each_file_counts(shop):
    """Earlier authors of a file, and authors of other files, do not."""
    commit(shop.parent, "shop/segments/a.toml", "2", author="Mara <mara@shop.example>")

    assert last_editors([shop / "segments"]) == {"mara", "mara@shop.example", "tom jones", "tom", "tom@shop.example"}


def test_a_removed_file_has_no_editor(shop):
    """Who wrote a segment that is gone may approve."""
    git(shop, "rm", "segments/b.toml")
    git(shop, "commit", "-m", "Remove")

    assert last_editors([shop / "segments"]) == {"ann lee", "ann", "ann@shop.example"}


@pytest.mark.parametrize("name", ["segments/a.toml", "segments/new.toml"])
def test_the_owner_of_an_uncommitted_file_counts(shop, name):
    """An edit that was not committed is its file's owner's."""
    (shop / name).write_text("3")

    assert getpass.getuser() in last_editors([shop / "segments"])


def test_without_a_checkout_nobody_is_known(tmp_path, monkeypatch):
    """A folder outside git, and a machine without git, give an empty answer and no error."""
    (tmp_path / "segments").mkdir()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    outside = last_editors([tmp_path / "segments", tmp_path / "templates"])
    monkeypatch.setenv("PATH", "")

    assert outside == frozenset()
    assert last_editors([tmp_path / "segments"]) == frozenset()
