"""The nightly line, one function a step. This is the only place where reading, pure code and writing meet.

The command line and the DAG tasks call the same functions. Every step reads what the steps before it wrote, so a task
that is retried starts from files and never from memory.
"""

import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from personalization import alerts, audiences, content, journey, readiness, report, scoring
from personalization.errors import BadInput, WrongUse
from personalization.records import AsOf, Night
from personalization.settings import Shop, load_shop
from personalization.sources import folder
from personalization.store import files, retention, run_folder, state
from personalization.warehouse import Warehouse

log = logging.getLogger("postlude")
