"""A mapping file is checked whole before anything is read: each fault with file, key and the nearest word."""

from pathlib import Path

import pytest

from personalization.errors import BadInput, ConfigurationInvalid, WrongUse
from personalization.sources.importing.gathering import gathered
from personalization.sources.importing.mapping import read_mapping
from personalization.sources.systems.generic import system_of_mapping

_GOOD = """
name = "till"
[products]
file = "products*.csv"
[products.columns]
sku = "Code"
title = "Name"
product_type = { value = "unknown" }
price_cents = { column = "Price", unit = "major" }
currency = { value = "EUR" }
status = "State"
[products.words.status]
"on sale" = "active"
"""


def _mapping(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_mapping_becomes_a_system(tmp_path: Path) -> None:
    """A mapping's system is called after it, its shapes after their tables, and it names the columns it reads."""
    system = system_of_mapping(read_mapping(_mapping(tmp_path, _GOOD)))

    assert system.name == "generic-till"
    assert [(shape.name, shape.files, shape.columns) for shape in system.shapes] == [
        ("products", "products*.csv", ("Code", "Name", "Price", "State"))
    ]
    assert system.carries == {"products": ("sku", "title", "product_type", "price_cents", "currency", "status")}


@pytest.mark.parametrize(
    ("wrong", "right", "fault"),
    [
        ("[orderz]\nfile = 'x.csv'\n[orderz.columns]", None, "orderz: unknown table; did you mean 'orders'?"),
        ("titel = ", "title = ", "products.columns.titel: unknown column; did you mean 'title'?"),
        ("# no sku\n", 'sku = "Code"\n', "products.columns.sku: is required and not mapped"),
        ('unit = "mayor"', 'unit = "major"', "products.columns.price_cents: unit 'mayor' is not known; did you mean"),
        ('"Price" }', '"Price", unit = "major" }', 'products.columns.price_cents: say unit = "major"'),
        ('"on sale" = "actve"', '"on sale" = "active"', "unknown word; did you mean 'active'?"),
        ("[products.words.stauts]", "[products.words.status]", "did you mean 'status'?"),
        ("colunm = ", "column = ", "price_cents.colunm: unknown key; did you mean 'column'?"),
        ("fil = ", "file = ", "products.fil: unknown key; did you mean 'file'?"),
        ('value = "unknwon"', 'value = "unknown"', "value 'unknwon' is not known; did you mean 'unknown'?"),
        ('name = "Till 1"', 'name = "till"', "name: String should match"),
        ('rolle = "esp"\nname = "till"', 'name = "till"', "rolle: unknown key; did you mean 'role'?"),
        ('file = "products.xyz"', 'file = "products*.csv"', 'add format = "csv"'),
        ('query = "SELECT 1"', 'file = "products*.csv"', "'query' and 'connection' go together"),
        ('["Code"', '"Code"', "cannot be read as TOML"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, wrong: str, right: str | None, fault: str) -> None:
    """Each fault of a mapping names the file, the key, what is wrong, and the word that was probably meant."""
    path = _mapping(tmp_path, _GOOD.replace(right, wrong) if right is not None else _GOOD + wrong)

    with pytest.raises(ConfigurationInvalid) as raised:
        read_mapping(path)

    assert fault in str(raised.value)
    assert all(line.startswith(f"{path}: ") for line in str(raised.value).splitlines())


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ('{ column = "At", format = "%Q" }', "format '%Q' cannot be read"),
        ('{ column = "At", format = "%d/%m/%Y" }', "say where the time is from"),
        ('{ column = "At", format = "%d/%m/%Y", timezone = "Berlin" }', "'Berlin' is not a time zone"),
        ('{ column = "At", unit = "major" }', "unit 'major' is not known"),
        ('{ column = "At", value = "2026-01-01" }', "exactly one of"),
    ],
)
def test_a_time_is_told_whole(tmp_path: Path, cell: str, fault: str) -> None:
    """A format that cannot be read, and a local time of nowhere, are faults of the mapping and not of the rows."""
    path = _mapping(
        tmp_path,
        f'name = "till"\n[refunds]\nfile = "r.csv"\n[refunds.columns]\nrefund_id = "Id"\norder_id = "Order"\n'
        f'amount_cents = {{ column = "Sum", unit = "minor" }}\nrefunded_at = {cell}\n',
    )

    with pytest.raises(ConfigurationInvalid, match="refunded_at") as raised:
        read_mapping(path)

    assert fault in str(raised.value)


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Somebody who writes a mapping sees all that is wrong with it, not one fault a run."""
    path = _mapping(tmp_path, _GOOD.replace("title = ", "titel = ").replace('"active"', '"actve"'))

    with pytest.raises(ConfigurationInvalid) as raised:
        read_mapping(path)

    assert len(str(raised.value).splitlines()) == 3  # the column, the title that is missing then, and the word


@pytest.mark.parametrize(
    ("name", "header", "fault"),
    [
        ("products.csv", "Code,Title,Price,State", "has no column 'Name', which map.toml reads for products.columns"),
        ("products.csv", "Code,Nane,Price,State", "did you mean 'Nane'?"),
        ("products.csv", "Code;Name;Price;State", "not parted by commas"),
        ("goods.csv", "Code,Name,Price,State", "fits none of the names that the mapping gives (products: products*"),
    ],
)
def test_a_header_is_looked_at_before_any_row(tmp_path: Path, name: str, header: str, fault: str) -> None:
    """A file that lacks a column of the mapping, or that no section means, is refused with the nearest name."""
    mapping = read_mapping(_mapping(tmp_path, _GOOD))
    (tmp_path / name).write_text(f"{header}\n1,Soap,2.00,on sale\n", encoding="utf-8")
    out = tmp_path / "out"

    with pytest.raises(BadInput) as raised, gathered(mapping, system_of_mapping(mapping), [tmp_path / name], out=out):
        pass

    assert fault in str(raised.value)
    assert not out.exists()


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    """A mapping of files alone, without a file, is a wrong use and no empty import."""
    mapping = read_mapping(_mapping(tmp_path, _GOOD))

    with (
        pytest.raises(WrongUse, match="name the files"),
        gathered(mapping, system_of_mapping(mapping), [], out=tmp_path / "out"),
    ):
        pass
