"""The schema's history, run by Alembic without a configuration file, so that it works from an installed package."""

from pathlib import Path

from alembic.config import Config
from sqlalchemy import Connection

HEAD = "0005"  # the newest revision; a test holds it against the files


def alembic_config(connection: Connection | None = None) -> Config:
    """Return Alembic's settings for this package's migrations, to be run on *connection*."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
