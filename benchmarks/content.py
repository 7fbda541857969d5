"""How long do a million messages take, as properties and as pages, and with how much memory?

    python benchmarks/content.py [--messages 1000000] > benchmarks/results/content.json

The decisions are the templates' own examples, repeated with other customers, products, prices and days. A process of
its own turns them into messages (properties, the default hand-off), another renders every page and its text twin and
throws them away one by one, as a destination's encoder takes them. Beside them stands what the usual way costs, on a
sample in the same run: an MJML page of the same size compiled, or the page's styles inlined, for each recipient, before
anything is filled in. Where others work on the same machine, load_before says so, and the processor's seconds tell more
than the clock's.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import css_inline
import mrml
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from personalization import content
from personalization.settings import Shop, load_shop

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ROOT / "templates"
MESSAGES, PRODUCTS, SAMPLE = 1_000_000, 1_000, 2_000
SEND_AT = datetime(2011, 11, 21, 10)  # noqa: DTZ001 - instants in tables are naive UTC
_ROWS = 50_000
_LOCALES = ("en_GB", "en_GB", "de_DE", None)
_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("customer_id", "program", "subject", "verdict", "order_id", "facts")]
    + [("send_at", pa.timestamp("us"))]
)


def measure(messages: int) -> dict[str, Any]:
    """Return seconds, MB a second and peak memory of *messages* messages, and of the usual way on a sample."""
    with tempfile.TemporaryDirectory(prefix="postlude-") as folder:
        _prepare(Path(folder), messages)
        properties = _in_own_process("--properties", folder)
        pages = _in_own_process("--pages", folder)
    usual = _usual_way(min(SAMPLE, messages))
    a_page = pages["processor_seconds"] / pages["messages"]
    return {
        "messages": messages,
        "products": PRODUCTS,
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 1),
        "properties": properties,
        "pages": pages,
        "per_recipient": {
            name: {**told, "times_ours": round(told["processor_seconds_per_message"] / a_page, 1)}
            for name, told in usual.items()
        },
    }


def _in_own_process(part: str, folder: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, __file__, part, folder], check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _examples() -> list[tuple[str, str, dict[str, Any]]]:
    """Return program, variant and facts of every template's examples."""
    definitions = [content.read_definition(path) for path in sorted(TEMPLATES.glob("*/*/template.toml"))]
    return [
        (definition.program, definition.variant, example.facts)
        for definition in definitions
        for example in definition.examples
        if example.products and not example.merged
    ]


def _prepare(folder: Path, messages: int) -> None:
    """Write decisions, customers and products: other customers, products and days for every repetition."""
    examples = [(program, json.dumps(facts)) for program, _, facts in _examples()]
    with pq.ParquetWriter(folder / "decisions.parquet", _SCHEMA) as file:
        for start in range(0, messages, _ROWS):
            numbers = range(start, min(start + _ROWS, messages))
            chosen = [examples[number % len(examples)] for number in numbers]
            table = {
                "customer_id": [f"c{number:07}" for number in numbers],
                "program": [program for program, _ in chosen],
                "subject": [f"s{number}" for number in numbers],
                "verdict": ["send"] * len(numbers),
                "order_id": [None] * len(numbers),
                "facts": [
                    facts.replace("-11-", f"-{1 + number % 9:02}-").replace(
                        '"sku": "2', f'"sku": "{number % PRODUCTS}-2'
                    )
                    for number, (_, facts) in zip(numbers, chosen, strict=True)
                ],
                "send_at": [SEND_AT] * len(numbers),
            }
            file.write_table(pa.table(table, schema=_SCHEMA))
    numbers = range(messages)
    people = {
        "customer_id": [f"c{number:07}" for number in numbers],
        "first_name": pa.array([None if number % 7 == 0 else "Florence" for number in numbers], pa.string()),
        "locale": pa.array([_LOCALES[number % len(_LOCALES)] for number in numbers], pa.string()),
    }
    pq.write_table(pa.table(people), folder / "customers.parquet")
    pq.write_table(_products(), folder / "products.parquet")


def _products() -> pa.Table:
    skus = sorted(
        {
            sku
            for _, _, facts in _examples()
            for sku in [facts.get("sku"), *(item["sku"] for item in facts.get("items", []))]
        }
        - {None}
    )
    rows = [
        (f"{number}-{sku}" if sku.startswith("2") else sku, number, sku) for number in range(PRODUCTS) for sku in skus
    ]
    rows = list({key: (key, number, sku) for key, number, sku in rows}.values())
    return pa.table(
        {
            "sku": [key for key, _, _ in rows],
            "title": [f"PACK OF {number} RETROSPOT CAKE CASES {sku}" for _, number, sku in rows],
            "price_cents": [55 + number for _, number, _ in rows],
            "image_url": [f"/pictures/{key}.jpg" for key, _, _ in rows],
            "url": [f"/products/{key}" for key, _, _ in rows],
        }
    )


def _shop() -> Shop:
    return load_shop(ROOT / "shop.toml")


def _properties(folder: Path) -> dict[str, Any]:
    decisions, people, products = (
        pq.read_table(folder / f"{name}.parquet") for name in ("decisions", "customers", "products")
    )
    inputs_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    began, worked = time.perf_counter(), time.process_time()
    rendered = content.render_messages(
        decisions, products=products, customers=people, shop=_shop(), templates=TEMPLATES
    )
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    pq.write_table(rendered.messages, folder / "messages.parquet")
    return {
        "seconds": round(seconds, 1),
        "processor_seconds": round(worked, 3),
        "messages": rendered.messages.num_rows,
        "withheld": rendered.withheld.num_rows,
        "per_second": round(rendered.messages.num_rows / seconds),
        "mb_per_second": round(rendered.messages["properties"].nbytes / 1e6 / seconds, 1),
        "inputs_mib": inputs_mib,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    names = ["program", "variant", "locale", "subject", "preheader", "properties"]
    for batch in pq.ParquetFile(folder / "messages.parquet").iter_batches(10_000, columns=names):
        yield from batch.to_pylist()


def _pages(folder: Path) -> dict[str, Any]:
    templates = content.load_templates(TEMPLATES, _shop())
    count, size = 0, 0
    began, worked = time.perf_counter(), time.process_time()
    for row in _rows(folder):
        html, text = content.render_again(row, templates=templates)
        size += len(html.encode()) + len(text.encode())
        count += 1
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    return {
        "seconds": round(seconds, 1),
        "processor_seconds": round(worked, 3),
        "messages": count,
        "per_second": round(count / seconds),
        "mb_per_second": round(size / 1e6 / seconds, 1),
        "kb_a_message": round(size / count / 1e3, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _usual_way(sample: int) -> dict[str, dict[str, Any]]:
    """Return what a message costs where MJML is compiled, or styles are inlined, for each recipient."""
    shop = _shop()
    templates = content.load_templates(TEMPLATES, shop)
    path = TEMPLATES / "replenishment/one/template.toml"
    template = templates.compiled["replenishment", "one", "en"]
    example = content.read_definition(path).examples[0]
    trial = content.try_example(template, example, shop=shop, hosts=templates.hosts, where=path)
    mjml = _as_mjml(trial.html)
    ways = {
        "mjml": lambda: mrml.to_html(mjml, render_options=mrml.RenderOptions(fonts={})).content,
        "css_inline": lambda: css_inline.inline(trial.html),
    }
    found = {}
    for name, way in ways.items():
        began = time.process_time()
        for _ in range(sample):
            way()
        each = (time.process_time() - began) / sample
        found[name] = {"sample": sample, "processor_seconds_per_message": round(each, 6), "per_second": round(1 / each)}
    return found


def _as_mjml(html: str) -> str:
    """Return an MJML page of the same four blocks and about the same size as *html*."""
    block = (
        "<mj-section><mj-column width='30%'><mj-image src='https://shop.example/a.jpg' alt='a' /></mj-column>"
        "<mj-column width='70%'><mj-text><h2>Pack of 72 Cake Cases</h2><p>You bought this 29 days ago</p></mj-text>"
        "<mj-button href='https://shop.example/a'>Order it again</mj-button></mj-column></mj-section>"
    )
    count = 4
    while len(mrml.to_html(f"<mjml><mj-body>{block * (count + 1)}</mj-body></mjml>").content) < len(html):
        count += 1
    return f"<mjml><mj-body>{block * count}</mj-body></mjml>"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    parser.add_argument("--properties", type=Path, help="the folder of a measurement that is under way")
    parser.add_argument("--pages", type=Path, help="the folder of a measurement that is under way")
    asked = parser.parse_args(arguments)
    if asked.properties:
        found = _properties(asked.properties)
    elif asked.pages:
        found = _pages(asked.pages)
    else:
        found = measure(asked.messages)
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
