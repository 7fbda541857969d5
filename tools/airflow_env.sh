#!/usr/bin/env bash
# Runs a command with this project's own Airflow: home in .airflow, DAGs from dags/, embedded SQLite, log-in required.
#   tools/airflow_env.sh .venv/bin/airflow dags list
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export AIRFLOW_HOME=$root/.airflow
export AIRFLOW__CORE__DAGS_FOLDER=${POSTLUDE_DAGS:-$root/dags}
export AIRFLOW__CORE__LOAD_EXAMPLES=False
export AIRFLOW__CORE__EXECUTOR=LocalExecutor
export AIRFLOW__CORE__PARALLELISM=4 # the tasks are few and fat
export AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS=False
export AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=sqlite:///$AIRFLOW_HOME/airflow.db
export AIRFLOW__LOGGING__BASE_LOG_FOLDER=$AIRFLOW_HOME/logs
export AIRFLOW__LOGGING__LOGGING_LEVEL=${POSTLUDE_LOG_LEVEL:-WARNING}
export POSTLUDE_HOME=$root
export POSTLUDE_SHOP=${POSTLUDE_SHOP:-$root/shop.toml}
export POSTLUDE_DATA=${POSTLUDE_DATA:-$root/demo/data}
export POSTLUDE_RUNS=${POSTLUDE_RUNS:-$root/runs}
umask 077 # passwords and customers' data are for this user alone
mkdir -p "$AIRFLOW_HOME/logs"
exec "$@"
