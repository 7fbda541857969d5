"""Files are written whole or not at all."""

from pathlib import Path

import pyarrow as pa
import pytest

from personalization.store import files, run_folder


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """When writing breaks off, the file stays as it was and no part of the new one lies about."""
    path = tmp_path / "a.txt"
    files.write_text(path, "old")

    with pytest.raises(UnicodeEncodeError):
        files.write_text(path, "half of it can be written, \ud800 cannot")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    """A Parquet file holds nothing of when or where it was written."""
    table = pa.table({"a": [1, 2, None], "b": ["x", None, "z"]})
    for name in ("one", "two"):
        files.write_parquet(tmp_path / name, table)

    assert files.file_digest(tmp_path / "one") == files.file_digest(tmp_path / "two")


@pytest.mark.parametrize("interrupted", [False, True])
def test_a_folder_is_replaced_whole(tmp_path: Path, interrupted: bool) -> None:
    """A replacement that was cut off between its two renames is undone by the next start."""
    target, built = tmp_path / "2011-11-20", tmp_path / "built"
    target.mkdir()
    (target / "old").touch()
    built.mkdir()
    (built / "new").touch()
    if interrupted:
        target.rename(tmp_path / ".2011-11-20.old")
        files.restore_folder(target)
    else:
        files.replace_folder(built, target)

    assert [path.name for path in target.iterdir()] == ["old" if interrupted else "new"]


def test_a_moved_runs_folder_keeps_its_name(tmp_path: Path) -> None:
    """What is known of a runs folder holds when it is moved or mounted elsewhere; another one has another name."""
    first, second = tmp_path / "first", tmp_path / "second"
    name = run_folder.name_runs_folder(first)
    first.rename(tmp_path / "moved")

    assert run_folder.name_runs_folder(tmp_path / "moved") == name
    assert run_folder.name_runs_folder(second) != name
