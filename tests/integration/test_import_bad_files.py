"""Exports that cannot be read: file, fault and fix in a sentence, or quarantined rows; never a row lost in silence."""

import bz2
import gzip
import io
import json
import lzma
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from personalization.errors import BadInput
from personalization.sources.importing.importer import Asked, import_files
from personalization.sources.systems import SYSTEMS
from personalization.store.files import file_digest
from tests.lib.command import Done, postlude
from tests.lib.exports_of_shops import NOW, rows_of

HEADER = "Name,Email,Financial Status,Currency,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Id\n"
MANY = ",".join(f"a{place}" for place in range(100_000))


def row(number: int, **cells: str) -> str:
    """One order of one line."""
    usual = {
        "name": f"#{number}",
        "email": "ann@shop.example",
        "status": "paid",
        "currency": "GBP",
        "total": "10.00",
        "created": "2026-02-01 10:00:00 +0000",
        "quantity": "1",
        "item": "Soap",
        "price": "10.00",
        "id": str(5000 + number),
    }
    return ",".join((usual | cells).values()) + "\n"


def parcel(number: int, **changes: str) -> str:
    """One tracking of AfterShip, as JSON."""
    usual = {"tracking_number": f'"1Z{number}"', "id": f'"t{number}"', "tag": '"Delivered"', "checkpoints": "[]"}
    return "{" + ", ".join(f'"{key}": {value}' for key, value in (usual | changes).items()) + "}"


def packed(compress: Callable[[bytes], bytes]) -> bytes:
    return compress(GOOD.encode())


def bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("orders.csv", b"0" * 20_000_000)
    return content.getvalue()


GOOD = HEADER + "".join(row(number) for number in range(1, 11))
PARCELS = [parcel(number) for number in range(1, 11)]
FRENCH, LONG = parcel(2, tag='"Livré"'), parcel(2, id=f'"{"x" * 5_000_000}"')
DEEP = "[" * 10_000 + "]" * 10_000
SHIFTED = row(
    1, email="", status="ann@shop.example", currency="paid", total="GBP", created="10.00", quantity="2026-02-01"
)
# Name: the system, the file's content, and what the sentence must say beside the file's name.
REFUSED: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "Latin-1": ("shopify", GOOD.replace("Soap", "Såpa").encode("latin-1"), ("10 of 10 rows", "not UTF-8")),
    "a Latin-1 header": (
        "shopify",
        GOOD.replace("Email", "Émail").encode("latin-1"),
        ("first line", "save it as UTF-8"),
    ),
    "UTF-16": ("shopify", GOOD.encode("utf-16"), ("UTF-16", "save it as UTF-8")),
    "UTF-16 without its mark": ("shopify", GOOD.encode("utf-16-le"), ("UTF-16", "UTF-8")),
    "cp1252": ("shopify", GOOD.replace("Soap", "So’ap", 1).encode("cp1252"), ("1 of 10 rows", "not UTF-8", "row 2")),
    "shifted columns": ("shopify", (HEADER + SHIFTED).encode(), ("Created at '10.00'", "Lineitem quantity", "row 2")),
    "too few cells": ("shopify", (GOOD + "#11,x\n").encode(), ("fewer cells than the header", "row 12")),
    "too many cells": ("shopify", (GOOD + row(11)[:-1] + ",a,b\n").encode(), ("more cells than the header", "row 12")),
    "mixed date formats": (
        "shopify",
        (HEADER + row(1) + row(2, created="02/01/2026") + row(3, created="1 Feb 2026")).encode(),
        ("2 of 3 rows", "Created at", "is not an ISO instant"),
    ),
    "amounts that are none": ("shopify", (GOOD + row(11, total="1e400")).encode(), ("Total '1e400'", "row 12")),
    "0 bytes": ("shopify", b"", ("0 bytes", "export it again")),
    "white space": ("shopify", b"  \n\n  \n", ("none of the exports of shopify",)),
    "zip": ("shopify", bomb(), ("spreadsheet or a zip archive", "export it as CSV")),
    "gzip": ("shopify", packed(gzip.compress), ("compressed", "unpack it")),
    "bzip2": ("shopify", packed(bz2.compress), ("compressed", "unpack it")),
    "xz": ("shopify", packed(lzma.compress), ("compressed", "unpack it")),
    "an old Excel file": ("shopify", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512, ("spreadsheet", "CSV")),
    "PDF": ("shopify", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", ("is no text", "export it as CSV")),
    "Parquet": ("shopify", b"PAR1" + b"\0" * 50, ("is not text",)),
    "NUL bytes": ("shopify", b"\0" * 1000, ("NUL bytes",)),
    "an error page": (
        "shopify",
        b"<!DOCTYPE html>\n<html><title>Error 500</title></html>\n",
        ("web page", "export it again"),
    ),
    "a long line": (
        "shopify",
        (GOOD + row(11, item="x" * 5_000_000)).encode(),
        ("line 12 is longer", "one row a line"),
    ),
    "an unclosed quote": (
        "shopify",
        (HEADER + row(1, item='"Soap') + GOOD).encode(),
        ("row 2", "quote that is not closed"),
    ),
    "line ends of two kinds": (
        "shopify",
        (GOOD + row(11).replace("\n", "\r\n")).encode(),
        ("lines end in the same way",),
    ),
    "100,000 other columns": ("shopify", f"{MANY}\n{MANY}\n".encode(), ("none of the exports", "it lacks Name")),
    "a name twice": ("shopify", GOOD.replace("Email", "Total", 1).encode(), ("names Total twice",)),
    "a German header": (
        "shopify",
        GOOD.replace("Name,Email,Financial Status", "Nummer,E-Mail,Zahlungsstatus").encode(),
        ("lacks Name, Financial Status", "did you mean 'nummer'", "in English"),
    ),
    "semicolons": ("shopify", GOOD.replace(",", ";").encode(), ("not parted by commas",)),
    "tabs": ("shopify", GOOD.replace(",", "\t").encode(), ("not parted by commas",)),
    "CSV where JSON is exported": ("aftership", GOOD.encode(), ("is CSV, but exports of aftership are JSON",)),
    "an order in two currencies": (
        "shopify",
        (HEADER + row(1) + row(1, currency="USD", status="", total="", id="")).encode(),
        ("2 of 2 rows", "Total '10.00 in GBP and USD'"),
    ),
    "10,000 levels": ("aftership", DEEP.encode(), ("none of the exports",)),
    "10,000 levels in an item": (
        "aftership",
        f"[{parcel(1)}, {parcel(2, checkpoints=DEEP)}]".encode(),
        ("1 of 2 rows", "row 2"),
    ),
    "10,000 levels in a line": ("aftership", f"{parcel(1)}\n{DEEP}\n".encode(), ("1 of 2 rows", "row 2")),
    "a cut array": (
        "aftership",
        f"[{','.join(PARCELS)}"[:-30].encode(),
        ("no valid JSON", "cut off", "export it again"),
    ),
    "a cut last line": ("aftership", "\n".join(PARCELS)[:-30].encode(), ("1 of 10 rows", "row 10")),
    "an empty array": ("aftership", b"[]", ("empty list", "leave it out")),
    "a page without items": ("aftership", b'{"data": {"trackings": []}}', ("empty list", "leave it out")),
    "numbers for items": ("aftership", b"[1, 2, 3]", ("none of the exports",)),
    "Latin-1 in JSON": ("aftership", f"[{FRENCH}]".encode("latin-1"), ("JSON in UTF-8",)),
    "Latin-1 in a line": (
        "aftership",
        f"{parcel(1)}\n{FRENCH}".encode("latin-1"),
        ("not UTF-8", "row 2"),
    ),
    "a long JSON line": (
        "aftership",
        f"{parcel(1)}\n{LONG}\n".encode(),
        ("line 2 is longer",),
    ),
    "words after the array": ("aftership", f"[{','.join(PARCELS)}] and".encode(), ("no valid JSON",)),
    "checkpoints that are no list": (
        "aftership",
        f"""[{parcel(1, checkpoints='{"tag": "InTransit"}')}, {parcel(2)}]""".encode(),
        ("1 of 2 rows", "checkpoints.tag is missing", "row 1"),
    ),
    "a tracking without an id": (
        "aftership",
        f"[{parcel(1, id='null')}, {parcel(2)}]".encode(),
        ("1 of 2 rows", "row 1"),
    ),
}
# Name: the system, the content, the canonical table, rows of the file and rows kept of it, and what the report says.
KEPT: dict[str, tuple[str, bytes, str, int, str]] = {
    "a byte order mark": ("shopify", b"\xef\xbb\xbf" + GOOD.encode(), "orders", 10, "10 kept + 0 quarantined"),
    "a header alone": ("shopify", HEADER.encode(), "orders", 0, "0 rows = 0 kept + 0 quarantined"),
    "Mac line ends": ("shopify", GOOD.replace("\n", "\r").encode(), "orders", 10, "10 kept"),
    "Windows line ends": ("shopify", GOOD.replace("\n", "\r\n").encode(), "orders", 10, "10 kept"),
    "empty lines": ("shopify", (GOOD + "\n\n" + row(11)).encode(), "orders", 11, "11 kept"),
    "a NUL byte in a cell": ("shopify", (GOOD + row(11, item="So\0ap")).encode(), "orders", 11, "11 kept"),
    "100,000 columns": (
        "shopify",
        f"{HEADER.strip()},{MANY}\n{row(1).strip()},{MANY}\n".encode(),
        "orders",
        1,
        "1 kept",
    ),
    "formulas for cells": (
        "shopify",
        (GOOD + row(11, item="=1+1") + row(12, item="=cmd|' /C calc'!A0")).encode(),
        "orders",
        12,
        "12 kept",
    ),
    "a file in two currencies": (
        "shopify",
        (GOOD + row(11, currency="EUR")).encode(),
        "orders",
        11,
        "most rows are in GBP (10), others are kept as they are: EUR 1",
    ),
    "numbers as texts and texts as numbers": (
        "aftership",
        f"[{parcel(1, id='17', tracking_number='1001')}]".encode(),
        "shipments",
        1,
        "1 kept",
    ),
    "a number beyond all numbers": ("aftership", f"[{parcel(1, weight='1e400')}]".encode(), "shipments", 1, "1 kept"),
    "Infinity": ("aftership", f"[{parcel(1, weight='-Infinity', height='NaN')}]".encode(), "shipments", 1, "1 kept"),
    "a key twice": ("aftership", f'[{parcel(1)[:-1]}, "id": "other"}}]'.encode(), "shipments", 1, "1 kept"),
    "indented JSON": (
        "aftership",
        json.dumps(json.loads(f"[{','.join(PARCELS)}]"), indent=1).encode(),
        "shipments",
        10,
        "10 kept",
    ),
}
NAMES = ("it's", 'a "b"', "a\nb", "100% of it", "a[1]b", "a{b,c}", "a*b?", "Ünïcode 🧼", "-- x", "orders.csv.gz")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder into which one order was imported; no failure may change it."""
    folder = tmp_path_factory.mktemp("filled")
    _import(folder / "first.csv", (HEADER + row(99)).encode(), folder / "data")
    return folder / "data"


def _import(path: Path, content: bytes, out: Path) -> None:
    path.write_bytes(content)
    import_files(Asked(system=SYSTEMS["shopify"], files=[path], out=out, now=NOW), SYSTEMS)


def _digests(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): file_digest(path) for path in folder.rglob("*") if path.is_file()}


def _refused(done: Done, *said: str) -> None:
    assert (done.code, done.out) == (4, "")
    for words in said:
        assert words in done.err
    assert "Traceback" not in done.err
    assert "ann@shop.example" not in done.err


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused(
    name: str, filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 4, with the file, the fault and what to do, and the data folder as it was, to the byte."""
    system, content, said = REFUSED[name]
    path = tmp_path / f"export.{'csv' if system == 'shopify' else 'json'}"
    path.write_bytes(content)
    before = _digests(filled)
    done = postlude(capsys, "import", system, path, "--out", filled, "--now", "2026-03-02")

    _refused(done, path.name, *said)
    assert _digests(filled) == before


@pytest.mark.parametrize("name", KEPT)
def test_what_only_looks_odd_is_kept(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0, every row in the table, and the odd thing in the report."""
    system, content, table, rows, said = KEPT[name]
    path = tmp_path / "export.dat"
    path.write_bytes(content)
    done = postlude(capsys, "import", system, path, "--out", tmp_path / "out", "--now", "2026-03-02")

    assert done.code == 0, done.err
    assert said in done.out
    assert (tmp_path / "out" / f"{table}.parquet").exists() == (rows > 0)
    assert not rows or len(rows_of(tmp_path / "out", table, "*")) == rows


@pytest.mark.parametrize("name", NAMES)
def test_any_file_name_can_be_imported(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Signs that mean something in SQL, in patterns or to a shell, and an ending that says compressed, mean nothing."""
    path = tmp_path / name
    path.write_bytes(GOOD.encode())
    (tmp_path / "axb0").write_bytes(b"another file, which the pattern a*b? would fit")
    done = postlude(capsys, "import", "shopify", path, "--out", tmp_path / "out", "--now", "2026-03-02")

    assert done.code == 0, done.err
    assert f"{name} (shopify orders_csv): 10 rows = 10 kept" in done.out


def test_only_files_in_their_folder_are_read(filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing file, a folder, a link that leads out or nowhere, a device and a pipe are refused, and none hangs."""
    folder, outside = tmp_path / "exports", tmp_path / "outside.csv"
    folder.mkdir()
    outside.write_text(GOOD)
    (folder / "out.csv").symlink_to(outside)
    (folder / "nowhere.csv").symlink_to(folder / "gone.csv")
    os.mkfifo(folder / "pipe.csv")
    before = _digests(filled)
    said = {
        folder / "missing.csv": "no such file",
        folder: "is a folder; name the files in it",
        folder / "out.csv": "leads out of",
        folder / "nowhere.csv": "is not a file",
        folder / "pipe.csv": "is not a file",
        Path("/dev/zero"): "is not a file",
    }

    for path, words in said.items():
        _refused(postlude(capsys, "import", "shopify", path, "--out", filled, "--now", "2026-03-02"), path.name, words)
    assert _digests(filled) == before


def test_a_link_within_the_folder_is_followed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Such as latest.csv, which names the newest export beside it."""
    (tmp_path / "2026-03-01.csv").write_text(GOOD)
    (tmp_path / "latest.csv").symlink_to("2026-03-01.csv")
    done = postlude(capsys, "import", "shopify", tmp_path / "latest.csv", "--out", tmp_path / "out")

    assert done.code == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read(filled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence says that the right is missing."""
    path = tmp_path / "orders.csv"
    path.write_text(GOOD)
    path.chmod(0)
    done = postlude(capsys, "import", "shopify", path, "--out", filled)

    _refused(done, "orders.csv", "give this user the right to read it")


def test_a_file_that_grows_while_it_is_read_is_refused(filled: Path, tmp_path: Path) -> None:
    """Half an export looks like a whole one, so nothing of it is kept."""
    path = tmp_path / "orders.csv"
    path.write_text(GOOD)
    before = _digests(filled)

    def grow(step: str) -> None:
        if "checking" in step:
            path.write_text(GOOD + row(11))

    with pytest.raises(BadInput, match=r"orders\.csv: was changed while it was read"):
        import_files(Asked(system=SYSTEMS["shopify"], files=[path], out=filled, now=NOW), SYSTEMS, on_step=grow)
    assert _digests(filled) == before


def test_the_first_bad_file_leaves_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A data folder that was not there is not there afterwards."""
    path = tmp_path / "orders.csv"
    path.write_bytes(b"")
    _refused(postlude(capsys, "import", "shopify", path, "--out", tmp_path / "out"), "orders.csv")

    assert not (tmp_path / "out").exists()


def test_a_very_long_line_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line of 256 MB, a hole in the file, is refused after its first part."""
    path = tmp_path / "orders.csv"
    with path.open("wb") as content:
        content.write(GOOD.encode())
        content.truncate(256 << 20)
    done = postlude(capsys, "import", "shopify", path, "--out", tmp_path / "out")

    _refused(done, "orders.csv", "line 12 is longer than 4,000,000 bytes")
