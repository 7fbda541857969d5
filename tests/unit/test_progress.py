"""Steps on a terminal, and nothing where nobody looks on."""

import json
import os
import pty
import subprocess
import sys
import time
from contextlib import suppress
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from personalization.progress import shown_steps, watch
from tests.lib.exports_of_shops import shopify_orders


def test_each_step_is_shown_with_how_much_is_done() -> None:
    """Names stand as they are, signs of markup and control included; the share comes from whoever knows it."""
    screen, done = StringIO(), []

    def fraction() -> float:
        done.append(40.0)
        return done[-1]

    with shown_steps(Console(file=screen, force_terminal=True, width=120)) as on_step:
        watch(on_step, fraction)
        on_step("a[1]\x1b[2J.csv: reading")
        time.sleep(0.5)
        on_step("assembling the tables")

    assert "a[1] [2J.csv: reading" in screen.getvalue()
    assert "assembling the tables" in screen.getvalue()
    assert len(done) >= 2


def test_nothing_is_written_where_nobody_looks_on(capsys: pytest.CaptureFixture[str]) -> None:
    """A log or a file gets no bars."""
    with shown_steps() as on_step:
        watch(on_step, lambda: 10.0)
        on_step("reading")

    assert capsys.readouterr() == ("", "")


def test_json_stays_clean_beside_the_steps(tmp_path: Path) -> None:
    """On a terminal the steps go to stderr, and stdout is JSON to the last byte."""
    orders = shopify_orders(tmp_path / "orders.csv", {})
    ours, theirs = pty.openpty()
    command = ["import", "shopify", str(orders), "--out", str(tmp_path / "out"), "--json"]
    seen: list[bytes] = []
    with subprocess.Popen(
        [sys.executable, "-m", "personalization.cli", *command],
        stdout=subprocess.PIPE,
        stderr=theirs,
        cwd=tmp_path,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    ) as running:
        os.close(theirs)
        with suppress(OSError):  # the terminal's end, when the command has closed it
            while part := os.read(ours, 1 << 12):
                seen.append(part)
        printed = running.stdout.read()
    os.close(ours)

    assert json.loads(printed)["files"][0]["imported"]["rows"] == 1
    assert "orders.csv: reading" in b"".join(seen).decode(errors="replace")
