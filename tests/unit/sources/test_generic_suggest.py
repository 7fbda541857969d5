"""A mapping is proposed from a header and a sample, is usable as it is, and shows nobody's data."""

from pathlib import Path

import pytest

from personalization.contracts import TABLES
from personalization.errors import BadInput
from personalization.sources.importing import suggesting
from personalization.sources.importing.mapping import read_mapping
from personalization.sources.importing.suggesting import suggested_mapping
from tests.lib.command import postlude

_GERMAN = """Auftragsnummer;Bestelldatum;Gesamtbetrag;Währung;Zahlungsstatus;E-Mail;Vorname;Nachname
A-1;01.02.2026 10:00;1.234,50;EUR;Bezahlt;mara@post.example;Mara;Lindt
A-2;13.02.2026 10:00;12,00;EUR;Offen;ole@post.example;Ole;Brandt
"""
_FRENCH = """Numéro de commande,Date commande,Montant total,Devise,Statut de paiement,Courriel
C1,01/02/2026,12.50,EUR,Payé,mara@post.example
C2,05/02/2026,13.50,EUR,mystère,ole@post.example
"""


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        (
            _GERMAN,
            "cp1252",
            [
                'encoding = "cp1252"  # guess',
                'delimiter = ";"',
                'order_id = "Auftragsnummer"',
                'placed_at = { column = "Bestelldatum", format = "%d.%m.%Y %H:%M" }',
                'total_cents = { column = "Gesamtbetrag", unit = "major", decimal = "," }',
                'currency = "Währung"',
                '"Bezahlt" = "paid"  # guess',
                'name = { columns = ["Vorname", "Nachname"] }',
            ],
        ),
        (
            _FRENCH,
            "utf-8",
            [
                'order_id = "Numéro de commande"',
                'format = "%d/%m/%Y" }  # guess: day before month, or month before day?',
                'total_cents = { column = "Montant total", unit = "major" }',
                '"Payé" = "paid"  # guess',
                '# "mystère" = "…"  # one of authorized',
            ],
        ),
    ],
)
def test_a_header_in_another_language_is_understood(
    tmp_path: Path, text: str, encoding: str, expected: list[str]
) -> None:
    """Names, dates, decimals and words of a German and a French file become a mapping; what is doubtful is marked."""
    file = tmp_path / "orders.csv"
    file.write_bytes(text.encode(encoding))

    proposed = suggested_mapping(file, currency="EUR", timezone="Europe/Berlin")

    lines = proposed.splitlines()
    assert [line for line in expected if not any(line in found for found in lines)] == []


@pytest.mark.parametrize("text", [_GERMAN, _FRENCH])
def test_a_proposal_passes_the_check_and_shows_nobody(tmp_path: Path, text: str) -> None:
    """What is proposed is a valid mapping at once, and holds no address and no name of a person."""
    file = tmp_path / "orders.csv"
    file.write_text(text, encoding="utf-8")

    proposed = suggested_mapping(file, currency="EUR", timezone="Europe/Berlin")

    (tmp_path / "map.toml").write_text(proposed, encoding="utf-8")
    assert list(read_mapping(tmp_path / "map.toml").tables) == ["orders"]
    assert not any(secret in proposed for secret in ("post.example", "Mara", "Lindt", "Ole", "Brandt"))


def test_the_table_is_told_by_its_required_columns(tmp_path: Path) -> None:
    """A product list is proposed as products, although it has an id and a name as orders have."""
    file = tmp_path / "artikel.csv"
    file.write_text("Artikelnummer,Bezeichnung,Preis,Kategorie\nS1,Seife,3.50,Bad\n", encoding="utf-8")

    proposed = suggested_mapping(file, currency="EUR", timezone=None)

    assert "[products]" in proposed
    assert 'price_cents = { column = "Preis", unit = "major" }' in proposed


def test_a_file_that_says_nothing_is_refused(tmp_path: Path) -> None:
    """Where no name is known nothing is made up."""
    file = tmp_path / "x.csv"
    file.write_text("aaa,bbb\n1,2\n", encoding="utf-8")

    with pytest.raises(BadInput, match="write the mapping by hand"):
        suggested_mapping(file, currency=None, timezone=None)


def test_the_synonyms_speak_of_columns_and_words_that_exist() -> None:
    """Every entry of the table of synonyms names a canonical column (or the last name) and words of a vocabulary."""
    columns = {column.name for table in TABLES.values() for column in table.columns} | {"last_name"}
    words = {word for table in TABLES.values() for column in table.columns for word in column.vocabulary}

    assert set(suggesting._SYNONYMS["columns"]) <= columns
    assert {word for known in suggesting._SYNONYMS["words"].values() for word in known} <= words


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (("shopify", "x.csv", "--suggest"), "--suggest belongs to the system generic"),
        (("generic", "a.csv", "b.csv", "--suggest"), "name exactly one"),
        (("generic", "a.csv", "--out", "out"), "name the mapping with --mapping"),
        (("shopify", "x.csv", "--out", "out", "--mapping", "m.toml"), "--mapping belongs to the system generic"),
        (("shopify", "--out", "out"), "name the files to import"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], fault: str
) -> None:
    """--mapping and --suggest are the generic system's own."""
    done = postlude(capsys, "import", *arguments)

    assert done.code == 2
    assert fault in done.err
