"""The SQL of audiences: portable but for the folder that says otherwise, and every rule with its words."""

import pytest
import sqlglot

from personalization.audiences.eligibility import RULES
from personalization.audiences.reasons import REASONS
from personalization.warehouse.duck import SQL_FOLDER, read_statement

PORTABLE = sorted(path.stem for path in (SQL_FOLDER / "audiences").glob("*.sql"))


@pytest.mark.parametrize("name", PORTABLE)
@pytest.mark.parametrize("dialect", ["postgres", "spark"])
def test_it_can_be_said_in_other_dialects(name: str, dialect: str) -> None:
    """A file outside duckdb/ can be rewritten for another database without a loss."""
    text = read_statement(f"audiences/{name}").typed

    assert sqlglot.transpile(text, read="duckdb", write=dialect, unsupported_level=sqlglot.ErrorLevel.RAISE)


def test_every_rule_file_is_used() -> None:
    """No rule lies about unused, and none is named that is not there."""
    assert {name.removeprefix("rule_") for name in PORTABLE if name.startswith("rule_")} == set(RULES)


def test_every_rule_has_words() -> None:
    """The code of each rule stands in the registry of reasons; rules with a column ``code`` give several."""
    plain = {
        rule for rule in RULES if "code" not in {name for name, _ in read_statement(f"audiences/rule_{rule}").columns}
    }

    assert plain <= set(REASONS)
