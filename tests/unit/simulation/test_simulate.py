"""``postlude simulate``: a whole world of any size, built in parts, put in place whole, and never over real data."""

import hashlib
import json
import multiprocessing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from personalization.errors import BadInput, WrongUse
from personalization.simulation import MARKER, exports, simulate
from personalization.simulation.simulate import Wish, simulate_onto, simulate_world
from tests.lib.command import postlude
from tests.lib.tables import data_folder

SMALL: dict[str, Any] = {"customers": 300, "seed": 5, "days": 150}


def _bytes(data: Path) -> dict[str, str]:
    """The digest of every file by its name."""
    return {
        str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(data.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """300 customers over 150 days."""
    out = tmp_path_factory.mktemp("simulate") / "world"
    simulate_world(Wish(**SMALL, out=out))
    return out


def test_the_same_seed_gives_the_same_bytes_in_parts_too(world: Path, tmp_path: Path) -> None:
    """A world built in four parts has the bytes of one built in a piece; another seed gives another world."""
    simulate_world(Wish(**SMALL, out=tmp_path / "parts", part_people=150, processes=1))
    simulate_world(Wish(**SMALL | {"seed": 6}, out=tmp_path / "other"))

    assert _bytes(tmp_path / "parts") == _bytes(world)
    assert _bytes(tmp_path / "other")["orders.parquet"] != _bytes(world)["orders.parquet"]


def test_the_whole_world_is_marked(world: Path) -> None:
    """The marker names every table, and the truth lies beside them."""
    marked = json.loads((world / MARKER).read_text())

    assert {path.stem for path in world.glob("*.parquet")} == set(marked["tables"])
    assert (marked["seed"], marked["until"]) == (5, "2024-05-30T00:00:00")
    assert {path.stem for path in (world / "truth").iterdir()} == {"cycles", "exceptions", "left_alone", "response"}


def test_the_command_tells_what_there_is_and_what_to_run_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows, exceptions with their shares, how the shop does, and the command of the last night; as JSON the same."""
    arguments = ("simulate", "--customers", "200", "--seed", "5", "--days", "120", "--out", tmp_path / "a shop")
    text = postlude(capsys, *arguments)
    content = json.loads(postlude(capsys, *arguments, "--json").out)

    assert text.code == 0
    assert content["rows"]["customers"] == 200
    assert f"exception gift_order{content['exceptions']['gift_order']['count']:>36,}" in text.out
    assert "WISMO tickets per 100 orders" in text.out
    assert content["next"].endswith(f"--data '{tmp_path / 'a shop'}' --date 2024-04-29 --now 2024-04-30T02:00:00")
    assert content["next"] in text.out


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--customers", "0", "must be from 1 to"),
        ("--days", "0", "must be from 1 to 1,460"),
        ("--days", "1461", "must be from 1 to 1,460"),
        ("--seed", "-1", "must be 0 or more"),
        ("--as", "shopfy", "unknown system 'shopfy'; allowed:"),
    ],
)
def test_wrong_numbers_and_names_are_told(
    option: str, value: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong option ends with code 2, says which it is and what is allowed, and writes nothing."""
    done = postlude(capsys, "simulate", "--out", tmp_path / "out", option, value)

    assert done.code == 2
    assert message in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("foreign", ["orders.parquet", "letter.txt", "imported.json"])
def test_what_no_simulation_wrote_stays(foreign: str, world: Path, tmp_path: Path) -> None:
    """A folder with real data is refused as it is, and so is a simulated one into which something else was put."""
    real, mixed = tmp_path / "real", tmp_path / "mixed"
    for folder in (real, mixed):
        folder.mkdir()
    (real / foreign).write_text("ours")
    (mixed / MARKER).write_text('{"tables": ["tickets"]}')
    (mixed / foreign).write_text("ours")

    for folder in (real, mixed):
        before = _bytes(folder)
        with pytest.raises(BadInput, match="not replaced"):
            simulate_world(Wish(**SMALL, out=folder))
        assert _bytes(folder) == before


def test_a_world_that_fails_leaves_the_old_one(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When something breaks half-way the folder holds the old world, and nothing else lies about."""
    out = tmp_path / "world"
    simulate_world(Wish(customers=20, seed=1, days=30, out=out))
    before = _bytes(out)

    def broken(*_: object, **__: object) -> None:
        raise BadInput("no space left")

    monkeypatch.setattr(simulate, "write_truth", broken)
    with pytest.raises(BadInput, match="no space"):
        simulate_world(Wish(customers=20, seed=2, days=30, out=out))

    assert _bytes(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["world"]


def test_one_customer_on_the_first_day(tmp_path: Path) -> None:
    """The smallest world has a customer and perhaps no order, and all its tables."""
    report = simulate_world(Wish(customers=1, seed=1, days=1, out=tmp_path / "world"))

    assert report.rows["customers"] == 1
    assert {"orders", "order_lines", "shipments", "truth/left_alone"} <= set(report.rows)


def test_parts_are_built_in_processes_of_their_own(tmp_path: Path) -> None:
    """With two processes the world is the same as with one, and none is left over."""
    for processes in (1, 2):
        simulate_world(
            Wish(customers=60, seed=1, days=40, out=tmp_path / str(processes), part_people=80, processes=processes)
        )

    assert _bytes(tmp_path / "1") == _bytes(tmp_path / "2")
    assert not multiprocessing.active_children()


def test_operations_are_added_to_given_purchases(tmp_path: Path) -> None:
    """The purchases stay as they are in both folders; the copy gets parcels, and may be simulated again."""
    given = data_folder(
        tmp_path / "given",
        customers="customer_id | country\nc1 | GB",
        orders="order_id | customer_id | placed_at\no1 | c1 | 2024-03-04T10:00\no2 | c1 | 2024-03-20T10:00",
        order_lines="order_line_id | order_id | sku\no1-1 | o1 | CUP\no2-1 | o2 | CUP",
    )
    before = _bytes(given)
    for _ in range(2):
        report = simulate_onto(given, seed=1, out=tmp_path / "out")
    shorter = simulate_onto(given, seed=1, out=tmp_path / "short", days=3)
    orders = pq.read_table(tmp_path / "out" / "orders.parquet", columns=["order_id", "placed_at"]).to_pylist()

    assert _bytes(given) == before
    assert [row["order_id"] for row in orders] == ["o1", "o2"]
    assert report.rows["shipments"] == 2
    assert (report.last_night.date().isoformat(), shorter.rows["orders"]) == ("2024-03-20", 1)
    assert json.loads((tmp_path / "out" / MARKER).read_text())["tables"].count("orders") == 0


def test_purchases_are_never_replaced_by_their_own_world(tmp_path: Path) -> None:
    """The folder of the purchases is no place for the result, nor is one in it; one without purchases is told."""
    given = data_folder(tmp_path / "given", orders="order_id | placed_at\no1 | 2024-03-04T10:00")

    for out in (given, tmp_path, given / "out"):
        with pytest.raises(WrongUse, match="would replace the purchases"):
            simulate_onto(given, seed=1, out=out)
    with pytest.raises(BadInput, match=r"no order_lines\.parquet"):
        simulate_onto(given, seed=1, out=tmp_path / "out")


def test_the_command_tells_whose_purchases_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Real purchases with simulated operations are not called simulated."""
    given = data_folder(
        tmp_path / "given",
        orders="order_id | placed_at\no1 | 2024-03-04T10:00",
        order_lines="order_line_id | order_id | sku\no1-1 | o1 | CUP",
    )
    done = postlude(capsys, "simulate", "--onto", given, "--out", tmp_path / "out")

    assert done.code == 0
    assert f"Everything but the purchases of {given} in {tmp_path / 'out'} is simulated" in done.out
    assert "--date 2024-03-04" in done.out


def test_exports_are_written_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system named with --as gets a folder of its own below exports."""

    def write(data: Path, out: Path) -> None:
        (out / "orders.txt").write_text(str((data / "orders.parquet").exists()))

    monkeypatch.setitem(exports.EXPORTS, "pigeon", write)
    systems = exports.systems_named(" Pigeon,pigeon ")
    simulate_world(Wish(customers=5, seed=1, days=9, out=tmp_path / "world", systems=systems))

    assert systems == ("pigeon",)
    assert (tmp_path / "world" / "exports" / "pigeon" / "orders.txt").read_text() == "True"
