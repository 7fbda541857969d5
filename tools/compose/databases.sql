-- Run once, when the database server's volume is new: `airflow` exists by then, Postlude's own state lies beside it.
CREATE DATABASE postlude;
