"""Online Retail II: every line ends in one place, and nobody's basket is fused with another's."""

import csv
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from personalization.errors import BadInput
from personalization.sources.online_retail import ImportReport, import_online_retail
from tests.lib.tables import rows

FIRST_YEAR = """
    Invoice | StockCode    | Description  | Quantity | InvoiceDate         | Price | Customer ID | Country
    500001  | 22423        | CAKE STAND   | 6        | 2010-07-05 10:00:00 | 12.75 | 13085.0     | United Kingdom
    500001  | 21232        | TRINKET BOX  | 2        | 2010-07-05 10:00:00 | 1.25  | 13085.0     | United Kingdom
    500001  | POST         | POSTAGE      | 1        | 2010-07-05 10:00:00 | 3.10  | 13085.0     | United Kingdom
    C500002 | 22423        | CAKE STAND   | -4       | 2010-07-09 11:00:00 | 12.75 | 13085.0     | United Kingdom
    500003  | 22423        | CAKE STAND   | 1        | 2010-08-02 09:30:00 | 12.75 | -           | United Kingdom
    500003  | 21232        | TRINKET BOX  | 1        | 2010-08-02 09:30:00 | 1.25  | -           | United Kingdom
    500004  | 21232        | damaged      | -9       | 2010-08-03 09:00:00 | 0     | -           | United Kingdom
    500005  | 21232        | TRINKET BOX  | 3        | 2010-12-09 15:00:00 | 1.25  | 12346.0     | EIRE
"""
COPY = """
    Description  | Quantity | InvoiceDate         | UnitPrice | CustomerID | Country
    TRINKET BOX  | 3        | 2010-12-09 15:00:00 | 1.25      | 12346.0    | EIRE
    CAKE STAND   | 2        | 2011-01-10 12:00:00 | 12.75     | 13085.0    | United Kingdom
    SPOTTY FLAGS | 5        | 2011-01-10 12:00:00 | 4.95      | 13085.0    | United Kingdom
    SPOTTY FLAGS | -5       | 2011-01-12 12:00:00 | 4.95      | 13085.0    | United Kingdom
    TRINKET BOX  | -9       | 2011-01-12 12:00:00 | 1.25      | 13085.0    | United Kingdom
    SPOTTY FLAGS | -1       | 2011-01-13 12:00:00 | 4.95      | -          | United Kingdom
    SPOTTY FLAGS | 1        | 2011-02-01 12:00:00 | 4.95      | -          | United Kingdom
    CAKE STAND   | 1        | 2011-02-01 12:00:00 | 12.75     | -          | United Kingdom
    Manual       | 1        | 2011-02-01 12:05:00 | 9.99      | 13085.0    | United Kingdom
"""


def _csv(path: Path, text: str, encoding: str = "utf-8") -> Path:
    lines = rows(text)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows({name: cell or "" for name, cell in line.items()} for line in lines)
    return path


def _import(folder: Path, *texts: str, types: str = "") -> tuple[ImportReport, dict[str, list[dict[str, Any]]]]:
    files = [_csv(folder / f"{place}.csv", text) for place, text in enumerate(texts)]
    product_types = _csv(folder / "types.csv", types) if types else None
    report = import_online_retail(files, folder / "out", product_types=product_types)
    return report, {path.stem: pq.read_table(path).to_pylist() for path in (folder / "out").glob("*.parquet")}


def test_every_line_is_in_exactly_one_class(tmp_path: Path) -> None:
    """Sales, returns, what is no product, write-offs and the overlap add up to the lines read."""
    report, _ = _import(tmp_path, FIRST_YEAR, COPY)

    assert report.lines_in == 17
    assert report.lines == {
        "sales": 9,
        "returns": 2,
        "returns merged": 0,
        "returns unmatched": 2,
        "no products": 2,
        "write-offs": 1,
        "overlap": 1,
        "incomplete": 0,
    }
    assert report.non_products == {"manual": 1, "postage": 1}
    assert report.unmatched_customers == 1
    assert "returns unmatched" in report.as_text()


def test_order_of_files_and_lines_does_not_matter(tmp_path: Path) -> None:
    """The same lines in any order, in one file or in several, give the same bytes."""
    head, *lines = COPY.strip().splitlines()
    shuffled = "\n".join([head, *reversed(lines)])
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    _import(tmp_path / "a", FIRST_YEAR, COPY)
    _import(tmp_path / "b", shuffled, FIRST_YEAR)

    for path in sorted((tmp_path / "a" / "out").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / "out" / path.name).read_bytes(), path.name


def test_guest_lines_are_orders_of_their_own(tmp_path: Path) -> None:
    """Two lines of guests in one invoice or one minute are two orders, so they say nothing about one basket."""
    report, tables = _import(tmp_path, FIRST_YEAR, COPY)

    guests = [order for order in tables["orders"] if order["customer_id"] is None]
    assert [(order["order_id"], order["channel"]) for order in guests] == [
        ("500003-1", "guest"),
        ("500003-2", "guest"),
        ("G201102011200-1", "guest"),
        ("G201102011200-2", "guest"),
    ]
    assert report.guest_lines == 4


def test_money_is_pence_and_time_is_utc(tmp_path: Path) -> None:
    """Pounds become pence with the postage in the total, and a July invoice of 10:00 is 9:00 in UTC."""
    _, tables = _import(tmp_path, FIRST_YEAR)

    order = next(order for order in tables["orders"] if order["order_id"] == "500001")
    assert order["total_cents"] == 6 * 1275 + 2 * 125 + 310
    assert order["shipping_cents"] == 310
    assert order["placed_at"].isoformat() == "2010-07-05T09:00:00"


def test_credit_goes_to_the_purchase_it_came_from(tmp_path: Path) -> None:
    """A cancellation becomes a closed return of the earlier order, with its refund in pence."""
    _, tables = _import(tmp_path, FIRST_YEAR)

    assert [(row["order_id"], row["state"]) for row in tables["returns"]] == [("500001", "closed")]
    assert [(row["order_line_id"], row["qty"], row["value_cents"]) for row in tables["return_lines"]] == [
        ("500001-2", 4, 5100)
    ]
    assert [row["amount_cents"] for row in tables["refunds"]] == [5100]


@pytest.mark.parametrize(
    ("credited", "taken_from"),
    [
        pytest.param((-1,), ["13-201103021200"], id="latest earlier purchase"),
        pytest.param((-3,), ["13-201103011200"], id="only one with enough"),
        pytest.param((-2, -1), ["13-201103021200", "13-201103011200"], id="what was taken is gone"),
        pytest.param((-5,), [], id="more than was bought"),
    ],
)
def test_credit_takes_the_latest_purchase_with_enough_left(
    tmp_path: Path, credited: tuple[int, ...], taken_from: list[str]
) -> None:
    """Credits are served one after the other, each from the latest earlier purchase that has enough left."""
    bought = """
        Description | Quantity | InvoiceDate         | UnitPrice | CustomerID | Country
        MUG         | 3        | 2011-03-01 12:00:00 | 2.00      | 13         | France
        MUG         | 2        | 2011-03-02 12:00:00 | 2.00      | 13         | France
        MUG         | 9        | 2011-03-09 12:00:00 | 2.00      | 13         | France"""
    lines = "".join(
        f"\n        MUG | {quantity} | 2011-03-0{day} 12:00:00 | 2.00 | 13 | France"
        for day, quantity in enumerate(credited, 4)
    )
    report, tables = _import(tmp_path, bought + lines)

    assert [row["order_id"] for row in sorted(tables["returns"], key=lambda row: row["requested_at"])] == taken_from
    assert report.lines["returns unmatched"] == len(credited) - len(taken_from)


def test_known_description_gets_its_code_and_an_unknown_one_a_slug(tmp_path: Path) -> None:
    """The copy's lines carry the first year's code where the description is known, else a slug that is no code."""
    report, tables = _import(tmp_path, FIRST_YEAR, COPY)

    assert sorted(row["sku"] for row in tables["products"]) == ["21232", "22423", "d-spotty-flags"]
    assert report.slug_lines == 2


def test_overlap_keeps_the_side_with_invoices(tmp_path: Path) -> None:
    """A day that the first year covers is not read again from the copy."""
    _, tables = _import(tmp_path, FIRST_YEAR, COPY)

    assert [order["order_id"] for order in tables["orders"] if order["customer_id"] == "12346"] == ["500005"]


def test_customer_has_country_locale_and_time_zone(tmp_path: Path) -> None:
    """The data's country names become ISO codes; customers know when they first bought."""
    _, tables = _import(tmp_path, FIRST_YEAR)

    found = [(row["customer_id"], row["country"], row["locale"], row["timezone"]) for row in tables["customers"]]
    assert found == [("12346", "IE", "en_IE", "Europe/Dublin"), ("13085", "GB", "en_GB", "Europe/London")]


def test_first_keyword_in_a_title_decides_its_type(tmp_path: Path) -> None:
    """Keywords match whole words and their plurals, the earlier line of the list first."""
    _, tables = _import(
        tmp_path,
        """
        Description            | Quantity | InvoiceDate         | UnitPrice | CustomerID | Country
        CANDLE HOLDER          | 1        | 2011-03-01 12:00:00 | 2.00      | 13         | France
        SET/6 ROSE CANDLES     | 1        | 2011-03-01 12:00:00 | 2.00      | 13         | France
        CANDLESTICKY THING 7CM | 1        | 2011-03-01 12:00:00 | 2.00      | 13         | France""",
        types="""
        keyword       | product_type | category | days_of_supply
        candle holder | durable      | holders  | -
        candle        | consumable   | candles  | 30""",
    )

    found = {
        row["title"]: (row["product_type"], row["days_of_supply"], row["unit_count"]) for row in tables["products"]
    }
    assert found == {
        "Candle Holder": ("durable", None, None),
        "Set of 6 Rose Candles": ("consumable", 30, 6),
        "Candlesticky Thing 7cm": ("unknown", None, None),
    }


def test_title_is_the_most_frequent_description(tmp_path: Path) -> None:
    """Variants of one product's description do not make two products."""
    _, tables = _import(
        tmp_path,
        """
        Invoice | StockCode | Description     | Quantity | InvoiceDate         | Price | Customer ID | Country
        1       | 20685     | DOOR MAT RED    | 1        | 2010-03-01 12:00:00 | 7.95  | 13          | France
        2       | 20685     | RED DOORMAT     | 1        | 2010-03-02 12:00:00 | 7.49  | 13          | France
        3       | 20685     | RED DOORMAT     | 1        | 2010-03-03 12:00:00 | 7.49  | 14          | France""",
    )

    assert [(row["sku"], row["title"], row["price_cents"]) for row in tables["products"]] == [
        ("20685", "Red Doormat", 749)
    ]


def test_latin_1_csv_is_read(tmp_path: Path) -> None:
    """The published CSV has a pound sign that is no UTF-8; the voucher is counted as no product."""
    text = COPY.replace("Manual ", "Dotcomgiftshop Gift Voucher £20.00")
    path = _csv(tmp_path / "year.csv", text, encoding="latin-1")
    report = import_online_retail([path], tmp_path / "out", product_types=None)

    assert report.non_products == {"gift_voucher": 1}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("a.csv", b"Description,Quantity\nMUG,1\n", "needs the columns", id="other columns"),
        pytest.param("a.parquet", b"PAR1 cut off", "cannot be read", id="damaged Parquet"),
        pytest.param("a.xlsx", b"", "must end in .parquet or .csv", id="another format"),
        pytest.param(
            "a.csv",
            b"Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\nMUG,1,tomorrow,2.00,13,France\n",
            "no line in it is a sale",
            id="nothing is a sale",
        ),
    ],
)
def test_unfit_file_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    """A file that cannot be imported stops the import with its name and the reason, and writes nothing."""
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(BadInput, match=message) as raised:
        import_online_retail([path], tmp_path / "out", product_types=None)
    assert name in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_missing_file_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere is an error about that path."""
    with pytest.raises(BadInput, match=r"absent\.parquet: no such file"):
        import_online_retail([tmp_path / "absent.parquet"], tmp_path / "out", product_types=None)


def test_unknown_product_type_is_named(tmp_path: Path) -> None:
    """A word in the mapping that the contract does not know is refused, with the allowed ones."""
    types = """
        keyword | product_type | category | days_of_supply
        candle  | consumible   | candles  | 30"""

    with pytest.raises(BadInput, match=r"unknown product_type consumible\. Allowed: consumable"):
        _import(tmp_path, COPY, types=types)
