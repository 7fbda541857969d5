"""Runs DAGs in one process of real Airflow: a line of JSON in, the exit code out.

Airflow takes ten seconds to start and a task less than one, so tests share this process and its database.
"""

import json
import os
import sys
import time

from tools import run_dag

ANSWER = "ANSWER "


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        os.environ.update(order["environment"])
        sys.argv = ["run_dag.py", order["dag_id"], *order["arguments"]]
        started = time.monotonic()
        code = run_dag.main()
        answer = {"code": code, "seconds": round(time.monotonic() - started, 1)}
        sys.stdout.write(f"{ANSWER}{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
