"""How many emails a second are rendered, signed for one-click unsubscribe, encoded and taken by a mail server?

    python benchmarks/smtp.py --run runs/2011-11-20 --emails 5000

The messages of a published run, over and over, each by our own templates; the shop's settings lie beside this folder.
The mail server is aiosmtpd in a process of its own on this machine: it keeps nothing, and on two cores it takes about
one of them. The ledger is not part of it. No DKIM: that is the mail server's work (docs/esp-smtp.md).
"""

import argparse
import itertools
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from personalization import content
from personalization.export.emails import write_email
from personalization.export.mail_server import MailConnection, MailServer, Verdict
from personalization.settings import Shop, load_shop

ROOT = Path(__file__).resolve().parents[1]
KEYS = ("a-key-of-the-benchmark-that-signs-nothing-else",)
NOW = datetime.fromisoformat("2011-11-21T12:00")
SETTINGS = {
    "export": {"smtp": {"from": "Regency Gifts <news@regency-gifts.example>"}},
    "unsubscribe": {"url": "https://regency-gifts.example/unsubscribe"},
}


def figures(run: Path, *, shop_file: Path, emails: int) -> dict[str, Any]:
    """Return emails a second, encoded only and taken by the mail server, with their size and the memory at the end."""
    shop = _with_smtp(load_shop(shop_file))
    rows = pq.read_table(run / "messages.parquet").to_pylist()
    render = partial(content.render_again, templates=content.load_templates(shop.root / "templates", shop))
    write = partial(write_email, shop=shop, keys=KEYS, render=render)
    messages = [{**row, "email": f"p{place}@shop.example"} for place, row in enumerate(rows)]

    started = time.perf_counter()
    sizes = [len(write(message)) for message in itertools.islice(itertools.cycle(messages), emails)]
    encoded = time.perf_counter() - started
    with _mail_server() as port:
        server = MailServer(connection=MailConnection(host="127.0.0.1", port=port, tls="none"))
        started = time.perf_counter()
        for message in itertools.islice(itertools.cycle(messages), emails):
            answer = server.deliver(write(message), sender="news@shop.example", recipient=message["email"], now=NOW)
            if answer.verdict != Verdict.ACCEPTED:
                raise AssertionError(f"an email was not accepted: {answer}")
        sent = time.perf_counter() - started
        server.close()
    return {
        "emails": emails,
        "mean_bytes": round(sum(sizes) / len(sizes)),
        "encoded_a_second": round(emails / encoded),
        "sent_a_second": round(emails / sent),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 1),
    }


def _with_smtp(shop: Shop) -> Shop:
    return Shop.model_validate({**shop.model_dump(by_alias=True), "root": shop.root, **SETTINGS})


@contextmanager
def _mail_server() -> Iterator[int]:
    """Yield the port of a mail server that takes everything and keeps nothing."""
    context = multiprocessing.get_context("spawn")
    told, telling = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(telling,), daemon=True)
    process.start()
    try:
        if not told.poll(60):
            raise AssertionError("the mail server did not start")
        yield told.recv()
    finally:
        process.kill()
        process.join()


def _serve(telling: Any) -> None:
    import asyncio

    from aiosmtpd.smtp import SMTP

    class Sink:
        async def handle_DATA(self, *_: Any) -> str:  # noqa: N802 - aiosmtpd calls it so
            return "250 taken"

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(Sink(), hostname="benchmark"), "127.0.0.1", 0)
        telling.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def main() -> None:
    """Print the figures and, with --out, write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, default=ROOT / "runs" / "2011-11-20")
    parser.add_argument("--shop", type=Path, default=ROOT / "shop.toml")
    parser.add_argument("--emails", type=int, default=5_000)
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    found = json.dumps(figures(given.run, shop_file=given.shop, emails=given.emails), indent=2)
    print(found)
    if given.out:
        given.out.write_text(found + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
