"""Every shared SQL file gives the same rows on a real PostgreSQL as on DuckDB, over a small shop full of odd things."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from personalization import audiences, diagnosis, journey, readiness, scoring
from personalization.audiences.eligibility import RULES
from personalization.contracts import TABLES
from personalization.records import AsOf
from personalization.settings import Shop, load_shop
from personalization.warehouse.duck import Statement
from tests.lib.odd_shop import ROOT, cut_snapshot, load_odd_shop, make_impossible
from tests.lib.portable_sql import SHARED_FILES, ComparedWarehouse
from tests.lib.postgres import new_database, postgres_server
from tests.lib.tables import canonical

RUN_DATE = date(2011, 11, 20)
CUTOFF = AsOf(run_date=RUN_DATE, timezone="Europe/London").cutoff


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_server() as address:
        yield address


@pytest.fixture
def empty(server: str) -> Iterator[ComparedWarehouse]:
    """A warehouse with every canonical table and no row."""
    with ComparedWarehouse(new_database(server)) as warehouse:
        warehouse.load_canonical(Path("nowhere"))
        yield warehouse


@pytest.fixture(scope="module")
def odd(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComparedWarehouse]:
    """The odd shop's warehouse after two nights: the second knows what the first sent, and one program is held."""
    folder = tmp_path_factory.mktemp("odd")
    cut_snapshot(folder)
    with ComparedWarehouse(new_database(server)) as warehouse:
        load_odd_shop(warehouse, folder / "snapshot")
        shop = load_shop(ROOT / "shop.toml")
        found = run_until_scores(warehouse, shop)
        first = run_audiences(warehouse, shop, held(found, scope="carrier:northway"))
        run_audiences(warehouse, shop, held(found, scope="shop", program="onboarding"), before=first)
        for scope in ("region:london", "category:kitchen"):
            second = run_audiences(warehouse, shop, held(found, scope=scope), before=first)
            assert scope in str(second.decisions["reasons"].to_pylist())
        make_impossible(warehouse)
        compare_rules(warehouse)
        yield warehouse


def run_until_scores(warehouse: ComparedWarehouse, shop: Shop) -> pa.Table:
    """Run journey, readiness, diagnosis and scoring; return what readiness found."""
    found = readiness.check_readiness(
        warehouse,
        run_date=RUN_DATE,
        cutoff=CUTOFF,
        present=frozenset(TABLES),
        rules=readiness.Rules(programs=shop.programs, timezone=shop.timezone),
    )
    journey.build_journey(warehouse, cutoff=CUTOFF)
    diagnosis.diagnose(warehouse, run_date=RUN_DATE, cutoff=CUTOFF, present=frozenset(TABLES), shop=shop)
    diagnosis.read_newest(warehouse)
    scores = scoring.score(warehouse, run_date=RUN_DATE, cutoff=CUTOFF)
    warehouse.compare_file("scoring/purchases_known", day=0)  # read by the learned ranker only
    warehouse.load_arrow("candidates", scores.candidates)
    warehouse.load_arrow("replenishment", scores.replenishment)
    warehouse.load_arrow("customers_scores", scores.customers)
    return found.table


def held(found: pa.Table, *, scope: str, program: str | None = None) -> pa.Table:
    """Return readiness's rows with all well, and rows that hold one scope, for one program or for all."""
    well = found.set_column(found.column_names.index("verdict"), "verdict", pa.array(["pass"] * found.num_rows))
    names = [program] if program is not None else sorted(set(found["program"].to_pylist()))
    bad = [{"check": "on_time_share", "scope": scope, "program": name, "verdict": "hold"} for name in names]
    return pa.concat_tables([well, pa.Table.from_pylist(bad, schema=found.schema)])


def run_audiences(
    warehouse: ComparedWarehouse, shop: Shop, found: pa.Table, *, before: audiences.Audience | None = None
) -> audiences.Audience:
    """Decide, then compare the rules, which the stage runs inside a larger statement."""
    decided = audiences.build_decisions(
        warehouse,
        run_date=RUN_DATE,
        cutoff=CUTOFF,
        shop=shop,
        segments=audiences.load_segments(shop.root / "segments", shop.programs),
        readiness=found,
        sent_before=sent_by(before.decisions) if before else None,
        holdouts_before=before.assignments if before else None,
    )
    compare_rules(warehouse)
    return decided


def compare_rules(warehouse: ComparedWarehouse) -> None:
    for rule in RULES:
        warehouse.compare_file(f"audiences/rule_{rule}")


def sent_by(decisions: pa.Table) -> pa.Table:
    """Return the ledger of a night twelve days ago that wrote about every fifth subject, half of them surely."""
    sent = decisions.take(list(range(0, decisions.num_rows, 5)))
    sent_at = [datetime(2011, 11, 8, 23, 30) if place % 2 else None for place in range(sent.num_rows)]
    return pa.table(
        {
            "message_id": [f"sent-{place}" for place in range(sent.num_rows)],
            "customer_id": sent["customer_id"],
            "program": sent["program"],
            "channel": ["email"] * sent.num_rows,
            "message_class": ["marketing"] * sent.num_rows,
            "decision_subject": sent["subject"],
            "run_date": pa.array([date(2011, 11, 8)] * sent.num_rows),
            "sent_at": pa.array(sent_at, pa.timestamp("us")),
        }
    )


@pytest.mark.slow
def test_every_shared_file_gives_the_same_rows(odd: ComparedWarehouse) -> None:
    """The same rows in the same order, in two session time zones, from tables whose rows lie the other way round."""
    assert odd.differences == {}
    assert set(SHARED_FILES) == set(odd.rows)


@pytest.mark.slow
def test_every_shared_file_had_rows_to_compare(odd: ComparedWarehouse) -> None:
    """Two empty results prove little: the odd shop has a case for each file."""
    assert [name for name, rows in odd.rows.items() if rows == 0] == []


def test_a_shop_without_a_row_is_the_same_too(empty: ComparedWarehouse) -> None:
    """Every table is there and empty, as on the first night of a new shop."""
    shop = load_shop(ROOT / "shop.toml")
    run_audiences(empty, shop, run_until_scores(empty, shop))
    empty.compare_file("scoring/bought_between", day=-14, until=0)  # nothing to learn from, so scoring does not ask

    assert empty.differences == {}
    assert set(SHARED_FILES) == set(empty.rows)


@pytest.mark.parametrize(
    ("column", "select"),
    [
        pytest.param("a BIGINT", "SELECT round(qty / 2) AS a FROM order_lines", id="half to even"),
        pytest.param(
            "a BIGINT", "SELECT row_number() OVER (ORDER BY qty) + qty_cancelled AS a FROM order_lines", id="tie"
        ),
        pytest.param("a BIGINT", "SELECT max_by(qty_cancelled, qty) AS a FROM order_lines", id="no such function"),
        pytest.param("a BIGINT", "SELECT hour(CAST('2011-11-20 23:30Z' AS TIMESTAMPTZ)) AS a", id="time zone"),
        pytest.param("a VARCHAR", "SELECT CAST(1e6 * qty AS VARCHAR) AS a FROM order_lines", id="float to text"),
    ],
)
def test_a_statement_that_is_not_portable_is_found(empty: ComparedWarehouse, column: str, select: str) -> None:
    """What the two engines answer differently, or only one can answer, does not pass for the same."""
    lines = canonical(
        "order_lines",
        """order_line_id | order_id | sku | qty | qty_cancelled
           L1            | O1       | A   | 5   | 10
           L2            | O1       | B   | 5   | 20
           L3            | O1       | C   | 1   | 30""",
    )
    empty.load_arrow("order_lines", lines)
    name, kind = column.split()

    empty.compare(Statement(name="tried", select=select, columns=((name, kind),), key=(name,)), {})

    assert list(empty.differences) == ["tried"]
