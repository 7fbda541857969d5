# Postlude with the Airflow it is locked to. One image serves every Airflow part of docker-compose.yml.
FROM python:3.12-slim

ENV AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/postlude/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    HOME=/opt/airflow \
    USER=postlude \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PYTHONUNBUFFERED=1

WORKDIR /opt/postlude

# The lock alone first: this layer, the large one, is built again only when a version changes.
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock

COPY . .
RUN pip install --no-cache-dir --no-deps --no-build-isolation --editable . \
    && useradd --uid 50000 --gid 0 --home-dir "$AIRFLOW_HOME" --no-create-home postlude \
    # Any user of group 0 may write these, so that runs can belong to whoever started the containers.
    && install -d -o postlude -g 0 -m 2770 "$AIRFLOW_HOME" "$AIRFLOW_HOME/logs" data exports models runs

USER postlude
CMD ["airflow", "version"]
