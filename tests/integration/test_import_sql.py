"""A mapping's queries are run on real databases, read only, and what a database says never shows its address."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from personalization.sources.importing.querying import connection_url, keep_query_rows
from tests.lib.command import postlude
from tests.lib.exports_of_shops import rows_of
from tests.lib.postgres import new_database, postgres_server

_MAPPING = """
name = "warehouse"
role = "platform"
[orders]
query = "{query}"
connection = "warehouse"
[orders.columns]
order_id = "id"
customer_id = "buyer"
placed_at = "placed"
total_cents = {{ column = "total", unit = "major" }}
currency = {{ value = "EUR" }}
financial_status = {{ value = "paid" }}
is_gift = "gift"
"""
_QUERY = "SELECT id, buyer, placed, total, gift FROM sales WHERE total > 5 ORDER BY id"
_EXPECTED = [
    ("1", "7", "2026-02-01 10:00:00", 1230, True),
    ("2", None, "2026-02-02 09:30:00", 99999, False),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with the table ``sales``."""
    if request.param == "sqlite":
        found = f"sqlite:///{tmp_path / 'shop.db'}"
    else:
        found = new_database(request.getfixturevalue("server"))
    engine = sa.create_engine(found.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "CREATE TABLE sales (id INTEGER, buyer INTEGER, placed TIMESTAMP, total NUMERIC(10, 2), gift BOOLEAN)"
            )
        )
        connection.execute(
            sa.text(
                "INSERT INTO sales VALUES (1, 7, '2026-02-01 10:00:00', 12.30, true),"
                " (2, NULL, '2026-02-02 09:30:00', 999.99, false), (3, 7, '2026-02-03 10:00:00', 1.00, false)"
            )
        )
    engine.dispose()
    return found


def _map(tmp_path: Path, query: str) -> Path:
    path = tmp_path / "map.toml"
    path.write_text(_MAPPING.format(query=query), encoding="utf-8")
    return path


def test_the_rows_of_a_query_become_orders(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rows of a query land as those of a file do, with numbers, times and truth values as they were."""
    monkeypatch.setenv("POSTLUDE_SQL_WAREHOUSE", address)

    done = postlude(capsys, "import", "generic", "--mapping", _map(tmp_path, _QUERY), "--out", tmp_path / "out")

    assert done.code == 0, done.err
    columns = "order_id, customer_id, CAST(placed_at AS VARCHAR), total_cents, is_gift"
    assert rows_of(tmp_path / "out", "orders", columns) == _EXPECTED
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"imported", "orders.parquet"}


def test_a_query_is_sent_as_it_is_written(address: str, tmp_path: Path) -> None:
    """A colon or a percent sign in a literal is no place for a parameter, and a backslash stays."""
    url = sa.make_url(address.replace("postgresql://", "postgresql+psycopg://"))
    query = "SELECT id, 'at :noon' AS colon, '5% (%s) %%' AS percent, 'a\\:b' AS slash FROM sales WHERE id = 1"

    assert keep_query_rows(query, url, tmp_path / "rows.parquet", where="map.toml") == 1
    assert pq.read_table(tmp_path / "rows.parquet").to_pylist() == [
        {"id": "1", "colon": "at :noon", "percent": "5% (%s) %%", "slash": "a\\:b"}
    ]


def test_an_airflow_connection_serves_too(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where only Airflow's variable is set, its address is used, without Airflow."""
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", address.replace("postgresql://", "postgres://"))

    done = postlude(capsys, "import", "generic", "--mapping", _map(tmp_path, _QUERY), "--out", tmp_path / "out")

    assert done.code == 0, done.err


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM sales",
        "SELECT 1; DROP TABLE sales",
        "WITH gone AS (DELETE FROM sales RETURNING id) SELECT id FROM gone",
        "CREATE TABLE copy AS SELECT * FROM sales",
    ],
)
def test_a_statement_that_writes_is_refused(
    address: str, statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing but one SELECT is ever sent to a shop's database."""
    monkeypatch.setenv("POSTLUDE_SQL_WAREHOUSE", address)

    done = postlude(capsys, "import", "generic", "--mapping", _map(tmp_path, statement), "--out", tmp_path / "out")

    assert done.code == 2
    assert "query must be one SELECT" in done.err
    assert not (tmp_path / "out").exists()


def test_a_function_that_writes_is_refused_by_the_database(server: str, tmp_path: Path) -> None:
    """What a SELECT can do behind our back, PostgreSQL refuses: the transaction only reads."""
    address = new_database(server)
    engine = sa.create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE SEQUENCE counter"))
    engine.dispose()
    url = sa.make_url(address.replace("postgresql://", "postgresql+psycopg://"))

    with pytest.raises(Exception, match="the database refused"):
        keep_query_rows("SELECT nextval('counter') AS n", url, tmp_path / "x.parquet", where="map.toml: orders")


@pytest.mark.parametrize(
    ("variables", "fault"),
    [
        ({"POSTLUDE_SQL_WAREHOUSE": "postgresql://ann:s3cret@127.0.0.1:1/shop"}, "the database refused"),
        ({"POSTLUDE_SQL_WAREHOUSE": "s3cret"}, "is no address"),
        ({"POSTLUDE_SQL_WAREHOUSE": "nosuchkind://ann:s3cret@host/shop"}, "no driver is installed"),
        ({"AIRFLOW_CONN_WAREHOUSE": '{"conn_type": "postgres", "password": "s3cret", "port": "x"}'}, "is no address"),
        ({"OTHER": "s3cret"}, "set POSTLUDE_SQL_WAREHOUSE"),
    ],
)
def test_an_error_never_shows_the_address(
    variables: dict[str, str],
    fault: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A database that cannot be reached, or an address that is none, is told without password, user or host."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    done = postlude(capsys, "import", "generic", "--mapping", _map(tmp_path, _QUERY), "--out", tmp_path / "out")

    assert done.code in (2, 4)
    assert fault in done.err
    assert not any(secret in done.err for secret in ("s3cret", "ann", "127.0.0.1"))


def test_a_wrong_column_is_told(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the database says of the statement itself is shown, since it holds nobody's data."""
    monkeypatch.setenv("POSTLUDE_SQL_WAREHOUSE", address)

    done = postlude(
        capsys, "import", "generic", "--mapping", _map(tmp_path, "SELECT idd FROM sales"), "--out", tmp_path / "out"
    )

    assert done.code == 4
    assert "idd" in done.err


def test_an_airflow_connection_in_json_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow writes connections as an address or as JSON."""
    monkeypatch.setenv(
        "AIRFLOW_CONN_SHOP",
        '{"conn_type": "postgres", "login": "ann", "password": "p@ss", "host": "db", "port": 5433, "schema": "shop"}',
    )

    url = connection_url("shop", where="map.toml: orders")

    assert url.render_as_string(hide_password=False) == "postgresql+psycopg://ann:p%40ss@db:5433/shop"
