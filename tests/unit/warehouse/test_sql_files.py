"""Every SQL file keeps to the portable subset of docs/sql.md and to the header that the runner reads."""

from pathlib import Path

import pytest
import sqlglot
from sqlglot import ErrorLevel, exp

from personalization.warehouse.duck import SQL_FOLDER, read_statement
from tests.lib.portable_sql import SHARED_FILES, SQL_FILES

FORBIDDEN_FUNCTIONS = {
    "ANY_VALUE",
    "ARG_MAX",
    "ARG_MIN",
    "ARRAY_AGG",
    "DAYOFWEEK",
    "HASH",
    "LIST",
    "LOG",
    "MEDIAN",
    "PERCENTILE_CONT",
    "PERCENTILE_DISC",
    "QUANTILE",
    "QUANTILE_CONT",
    "ROUND",
    "UPPER",
}
FORBIDDEN_NODES = (exp.Qualify, exp.AtTimeZone, exp.Interval)


def complaints(select: str) -> list[str]:
    """Return what in a SELECT lies outside the portable subset."""
    tree = sqlglot.parse_one(select, read="duckdb")
    names = {
        (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).upper() for node in tree.find_all(exp.Func)
    }
    found = [f"function {name}" for name in sorted(names & FORBIDDEN_FUNCTIONS)]
    for kind in FORBIDDEN_NODES:
        nodes = [node for node in tree.find_all(kind) if not isinstance(node.parent, exp.Count | exp.Exists)]
        found.extend(f"{kind.__name__}: {node.parent.sql()[:60]}" for node in nodes if node.parent)
    return found


@pytest.mark.parametrize("name", SHARED_FILES)
def test_a_file_is_portable(name: str) -> None:
    """A shared SQL file uses nothing that another engine answers differently."""
    select = read_statement(name).select

    assert complaints(select) == []
    for dialect in ("postgres", "spark"):
        assert sqlglot.transpile(select, read="duckdb", write=dialect, unsupported_level=ErrorLevel.RAISE)


@pytest.mark.parametrize("name", sorted(set(SQL_FILES) - set(SHARED_FILES)))
def test_a_file_of_duckdb_alone_says_why(name: str) -> None:
    """A step that no other engine takes alike is named as such, with its reason, in the first line."""
    first = (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8").splitlines()[0]

    assert " DuckDB's own: " in first or "-- engine: duckdb, because " in first


@pytest.mark.parametrize("name", SQL_FILES)
def test_a_file_declares_what_comes_out(name: str) -> None:
    """The header's columns hold the key, and its first line says what a row is."""
    statement = read_statement(name)
    first = (SQL_FOLDER / f"{name}.sql").read_text(encoding="utf-8").splitlines()[0]

    assert first.startswith("-- ")
    assert first.rstrip().endswith((".", ":", ",")) or len(first) > 20
    assert set(statement.key) <= {column for column, _ in statement.columns}


def test_file_names_are_unique() -> None:
    """A table is named after its file, so two files of one name would overwrite each other."""
    names = [Path(name).name for name in SQL_FILES]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(
    "select",
    [
        "SELECT round(a) FROM t",
        "SELECT median(a) FROM t",
        "SELECT d + INTERVAL 1 DAY FROM t",
        "SELECT arg_max(a, b) FROM t",
        "SELECT a FROM t QUALIFY row_number() OVER (ORDER BY a) = 1",
    ],
)
def test_the_lint_refuses_what_differs(select: str) -> None:
    """Each of these gives another answer on another engine."""
    assert complaints(select)
