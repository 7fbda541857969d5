"""`postlude unsubscribe serve` as a process of its own: where it listens, and what it leaves in its log."""

import os
import subprocess
import sys
from pathlib import Path

import httpx

from personalization import unsubscribe_links as links
from personalization.store.unsubscribes import read_unsubscribes
from tests.lib import published_runs as small
from tests.lib.compose_stack import LOOPBACK, free_port, listening_addresses, wait_for

KEY = "a-key-of-the-tests-" + "k" * 32


def test_it_listens_on_loopback_and_logs_no_link(tmp_path: Path) -> None:
    """Neither a signed link, here of a message that was never sent, nor a bad one stands in the log."""
    small.shop_in(tmp_path, small.SHOP + '[unsubscribe]\nurl = "https://shop.example/unsubscribe"\n')
    port, log = free_port(), tmp_path / "log"
    command = ["postlude", "unsubscribe", "serve", "--port", str(port), "--runs", str(tmp_path / "runs")]
    environment = {**os.environ, links.KEYS_VARIABLE: KEY, "POSTLUDE_SHOP": str(tmp_path / "shop.toml")}
    environment.pop("POSTLUDE_STATE_URL", None)
    link = links.sign_link(f"http://{LOOPBACK}:{port}/unsubscribe?m={'a' * 64}", keys=[KEY], language="en")
    with log.open("wb") as file:
        command[0] = str(Path(sys.executable).parent / "postlude")
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        wait_for(
            lambda: answers(port), seconds=90, what="the app", stop_when=lambda: ["it"] * (process.poll() is not None)
        )
        answered = [httpx.post(url).status_code for url in (link, f"{link}&m=nonsense")]
        listens = listening_addresses([process])
    finally:
        process.terminate()
        process.wait(timeout=30)

    assert answered == [404, 400]
    assert listens == {LOOPBACK}
    assert log.read_text() == ""
    assert read_unsubscribes(small.state_in(tmp_path / "runs")).num_rows == 0


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://{LOOPBACK}:{port}/health").text == "ok"
    except httpx.TransportError:
        return False
