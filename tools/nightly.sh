#!/usr/bin/env bash
# One night of the demo shop, through Airflow. Approves and sends nothing; says where the report lies and what to do next.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

data=demo/data
runs=runs
home=.airflow
migrated=$home/.migrated-for
mkdir -p $home/logs

migrate_airflow() { # 6 s, so only when the lock has changed
    local wanted
    wanted=$(sha256sum <requirements.lock)
    [ "$(cat $migrated 2>/dev/null)" != "$wanted" ] || return 0
    mkdir -p $home/logs
    if ! tools/airflow_env.sh .venv/bin/airflow db migrate >$home/logs/migrate.log 2>&1; then
        tail -20 $home/logs/migrate.log >&2
        echo "Airflow's database could not be prepared; the whole log is $home/logs/migrate.log" >&2
        exit 1
    fi
    echo "$wanted" >$migrated
}

echo "Preparing the demo shop"
.venv/bin/postlude demo --out $data >$home/logs/demo.log
echo "Preparing Airflow"
migrate_airflow
echo "Running the nightly DAG"
code=0
tools/airflow_env.sh .venv/bin/python tools/run_dag.py postlude_nightly || code=$?
run=$(find $runs -maxdepth 1 -type d -name '????-??-??' 2>/dev/null | sort | tail -n 1)
[ -z "$run" ] || echo "Report:  $run/report.html"
if [ $code = 0 ]; then
    echo "Review:  .venv/bin/postlude review approve --run $run"
    echo "Export:  .venv/bin/postlude export --run $run --data $data --now $(date -d "$(basename "$run") + 1 day" +%F)T12:00"
fi
exit $code
