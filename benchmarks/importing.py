"""An import of a large shop's orders: seconds and peak memory of a first, a newer and a repeated Shopify export.

    python benchmarks/importing.py [--lines 5000000] > benchmarks/results/importing.json

The export is synthetic: 79 columns as Shopify writes them, 2.2 lines an order, a third of the orders by guests, and
the customers beside it. Machines are shared, so the figures come with a baseline from the same run: counting the rows
of the same CSV, every cell as text, with as many threads. Two more figures are those of a file whose one line is as
long as a whole export: it must be refused, and memory must stay within bounds.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parent.parent
THREADS = 2
LINES_AN_ORDER = 2.2
SKUS = 5_000
CHANGED, NEW = 0.01, 0.005  # of the orders, in the newer export
# The kernel's own high-water mark; getrusage would also count what the parent had before the program was started.
PEAK = """
def peak_mib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM"))
"""
IMPORT = (
    PEAK
    + """
import json, sys, time
from datetime import datetime
from pathlib import Path
started, burnt = time.perf_counter(), time.process_time()
from personalization.errors import PostludeError
from personalization.sources.importing.importer import Asked, import_files
from personalization.sources.systems import SYSTEMS
system, out, now, *files = sys.argv[1:]
steps, refused, rows = [], "", 0
asked = Asked(system=SYSTEMS[system], files=[Path(file) for file in files], out=Path(out),
              now=datetime.fromisoformat(now), region="GB")
try:
    report = import_files(asked, SYSTEMS, on_step=lambda step: steps.append((step, time.perf_counter())))
    rows = sum(one.imported.rows for one in report.files)
    tables = report.tables
except PostludeError as error:
    refused, tables = str(error), {}
ended = time.perf_counter()
ends = [*(at for _, at in steps[1:]), ended]
print(json.dumps({
    "seconds": round(ended - started, 1),
    "cpu_seconds": round(time.process_time() - burnt, 1),
    "seconds_by_step": {step: round(end - at, 1) for (step, at), end in zip(steps, ends)},
    "rows": rows,
    "rows_a_second": round(rows / (ended - started)),
    "peak_mib": peak_mib(),
    "tables": dict(tables),
    "refused": refused,
}))
"""
)
BASELINE = (
    PEAK
    + """
import json, sys, time
import duckdb
started, burnt = time.perf_counter(), time.process_time()
connection = duckdb.connect(config={"threads": int(sys.argv[2])})
[(rows,)] = connection.execute("SELECT count(*) FROM read_csv($1, all_varchar = true)", [sys.argv[1]]).fetchall()
print(json.dumps({"seconds": round(time.perf_counter() - started, 1),
                  "cpu_seconds": round(time.process_time() - burnt, 1), "rows": rows, "peak_mib": peak_mib()}))
"""
)
# https://help.shopify.com/en/manual/fulfillment/managing-orders/exporting-orders: the columns in their order, each with
# the SQL of its cell, and whether it stands on an order's first row alone.
_FIRST, _LINE = True, False
_CREATED = "strftime(created_at, '%Y-%m-%d %H:%M:%S +0000')"
_STREET = "(1 + o * 7 % 180) || ' Mill Lane'"
_CITY = "'Town ' || p % 900"
_ZIP = "'AB' || p % 90 || ' ' || p % 9 || 'CD'"
_NAME = "'Ann Lee-' || p"
_TOTAL = "(lines * 1250 + 395) / 100.0"
_ADDRESS = (
    *(("Street", _STREET), ("Address1", _STREET), ("Address2", None), ("Company", None), ("City", _CITY)),
    *(("Zip", _ZIP), ("Province", "'ENG'"), ("Country", "'GB'"), ("Phone", None)),
)
_COLUMNS: tuple[tuple[str, str | None, bool], ...] = (
    ("Name", "'#' || (1000 + o)", _LINE),
    ("Email", "'person' || p || '@shop.example'", _LINE),
    ("Financial Status", "status", _FIRST),
    ("Paid at", _CREATED, _FIRST),
    ("Fulfillment Status", "'fulfilled'", _FIRST),
    ("Fulfilled at", _CREATED, _FIRST),
    ("Accepts Marketing", "CASE WHEN p % 2 = 0 THEN 'yes' ELSE 'no' END", _FIRST),
    ("Currency", "'GBP'", _FIRST),
    ("Subtotal", "(lines * 1250) / 100.0", _FIRST),
    ("Shipping", "'3.95'", _FIRST),
    ("Taxes", "'0.00'", _FIRST),
    ("Total", _TOTAL, _FIRST),
    ("Discount Code", None, _FIRST),
    ("Discount Amount", "'0.00'", _FIRST),
    ("Shipping Method", "'Standard'", _FIRST),
    ("Created at", _CREATED, _LINE),
    ("Lineitem quantity", "1 + (o + l) % 3", _LINE),
    ("Lineitem name", "'Soap No. ' || sku || ' - 250 ml'", _LINE),
    ("Lineitem price", "'12.50'", _LINE),
    ("Lineitem compare at price", None, _LINE),
    ("Lineitem sku", "'SKU-' || sku", _LINE),
    ("Lineitem requires shipping", "'true'", _LINE),
    ("Lineitem taxable", "'true'", _LINE),
    ("Lineitem fulfillment status", "'fulfilled'", _LINE),
    ("Billing Name", _NAME, _FIRST),
    *((f"Billing {part}", cell, _FIRST) for part, cell in _ADDRESS),
    ("Shipping Name", _NAME, _FIRST),
    *((f"Shipping {part}", cell, _FIRST) for part, cell in _ADDRESS),
    ("Notes", None, _FIRST),
    ("Note Attributes", None, _FIRST),
    ("Cancelled at", None, _FIRST),
    ("Payment Method", "'Shopify Payments'", _FIRST),
    ("Payment Reference", "'c' || (900000000000 + o) || '.1'", _FIRST),
    ("Refunded Amount", "'0.00'", _FIRST),
    ("Vendor", "'Shop'", _LINE),
    ("Outstanding Balance", "'0.00'", _FIRST),
    *((name, None, _FIRST) for name in ("Employee", "Location", "Device ID")),
    ("Id", "5000000000000 + o", _FIRST),
    ("Tags", None, _FIRST),
    ("Risk Level", "'Low'", _FIRST),
    ("Source", "'web'", _FIRST),
    ("Lineitem discount", "'0.00'", _LINE),
    *((f"Tax {place} {part}", None, _FIRST) for place in range(1, 6) for part in ("Name", "Value")),
    ("Phone", "CASE WHEN p % 4 = 0 THEN '+44770' || lpad(CAST(p AS VARCHAR), 7, '0') END", _FIRST),
    *((name, None, _FIRST) for name in ("Receipt Number", "Duties")),
    *(("Billing Province Name", "'England'", _FIRST), ("Shipping Province Name", "'England'", _FIRST)),
    ("Payment ID", "'c' || (900000000000 + o) || '.1'", _FIRST),
    *((name, None, _FIRST) for name in ("Payment Terms Name", "Next Payment Due At")),
    ("Payment References", "'c' || (900000000000 + o) || '.1'", _FIRST),
)


def write_orders(path: Path, *, lines: int, is_newer: bool = False) -> None:
    """Write an orders CSV of about *lines* lines; the newer one has some orders changed and some more of them."""
    orders = max(round(lines / LINES_AN_ORDER), 10)
    last = round(orders * (1 + NEW)) if is_newer else orders
    every = round(1 / CHANGED)
    refunded = f"o % {every} = 0" if is_newer else "false"
    cells = ", ".join(
        f'{"CASE WHEN l = 0 THEN " + cell + " END" if is_first and cell else cell or "NULL"} AS "{name}"'
        for name, cell, is_first in _COLUMNS
    )
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute(
            f"COPY (SELECT {cells} FROM (SELECT *, (o * 31 + l * 17) % {SKUS} AS sku FROM"
            f" (SELECT o, o * 7919 % {max(orders // 2, 1)} AS p,"
            f" CASE WHEN o % 5 = 4 THEN 3 ELSE 2 END AS lines,"
            f" CASE WHEN {refunded} THEN 'refunded' ELSE 'paid' END AS status,"
            f" TIMESTAMP '2024-01-01' + to_seconds(o * 60000000 // {orders}) AS created_at,"
            f" unnest(range(CASE WHEN o % 5 = 4 THEN 3 ELSE 2 END)) AS l FROM range({last}) AS t(o))))"
            f" TO '{path}' (FORMAT csv, HEADER)"
        )


def write_customers(path: Path, *, lines: int) -> None:
    """Write the customers CSV of two thirds of the people who ordered."""
    people = max(round(lines / LINES_AN_ORDER) // 2, 1)
    with duckdb.connect(config={"threads": THREADS}) as connection:
        connection.execute(
            f"""COPY (SELECT '''' || (7000000000000 + p) AS "Customer ID", 'Ann' AS "First Name",
            'Lee-' || p AS "Last Name", 'person' || p || '@shop.example' AS "Email",
            CASE WHEN p % 2 = 0 THEN 'yes' ELSE 'no' END AS "Accepts Email Marketing",
            {_CITY} AS "Default Address City", 'GB' AS "Default Address Country Code", NULL AS "Phone",
            'no' AS "Accepts SMS Marketing", NULL AS "Tags" FROM range({people}) AS t(p) WHERE p % 3 <> 0)
            TO '{path}' (FORMAT csv, HEADER)"""
        )


def measure(*, lines: int, long_line_mib: int = 2_048, folder: Path | None = None) -> dict[str, Any]:
    """Return the figures of imports of about *lines* order lines; the files lie under *folder*, else a new one."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        work = Path(name)
        orders, newer, customers = work / "orders.csv", work / "orders-newer.csv", work / "customers.csv"
        write_orders(orders, lines=lines)
        write_orders(newer, lines=lines, is_newer=True)
        write_customers(customers, lines=lines)
        out = str(work / "data")
        first = _run(IMPORT, "shopify", out, "2026-01-01T02:00", str(customers), str(orders))
        second = _run(IMPORT, "shopify", out, "2026-01-02T02:00", str(newer))
        again = _run(IMPORT, "shopify", out, "2026-01-03T02:00", str(newer))
        baseline = _run(BASELINE, str(orders), str(THREADS))
        return {
            "cores": os.cpu_count(),
            "file_mib": orders.stat().st_size >> 20,
            "baseline_count_csv": baseline,
            "first_import": first,
            "newer_export": second,
            "same_file_again": again,
            "ratio_to_baseline": round(first["seconds"] / max(baseline["seconds"], 0.1), 1),
            "one_line_csv": _long_line(work, "csv", long_line_mib),
            "one_line_json": _long_line(work, "json", long_line_mib),
        }


def _long_line(work: Path, form: str, mib: int) -> dict[str, Any]:
    """Import a file whose second line is *mib* MiB long."""
    path = work / f"long.{form}"
    head = b"Name,Financial Status,Lineitem quantity,Lineitem name,Created at\n#1,paid,1,"
    with path.open("wb") as content:
        content.write(head if form == "csv" else b'{"tracking_number": "1", "checkpoints": []}\n{"tracking_number": "')
        for _ in range(mib):
            content.write(b"x" * (1 << 20))
        content.write(b",2026-01-01\n" if form == "csv" else b'"}\n')
    system = "shopify" if form == "csv" else "aftership"
    found = _run(IMPORT, system, str(work / f"out-{form}"), "2026-01-01T02:00", str(path))
    path.unlink()
    return {name: found[name] for name in ("seconds", "peak_mib", "rows", "refused")}


def _run(program: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Measure and print JSON."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--lines", type=int, default=5_000_000)
    arguments.add_argument("--long-line-mib", type=int, default=2_048)
    arguments.add_argument("--folder", type=Path, help="Where the files may lie; they take some 5 GB.")
    given = arguments.parse_args()
    figures = measure(lines=given.lines, long_line_mib=given.long_line_mib, folder=given.folder)
    print(json.dumps(figures, indent=2, sort_keys=True))


if __name__ == "__main__":
    main()
