"""Write the .env that docker-compose.yml needs: new random secrets, readable by you alone. Never overwrites one."""

from __future__ import annotations

import argparse
import base64
import json
import os
import secrets
import sys
from pathlib import Path

IMAGE_USER = 50000  # the user of the Dockerfile


def main() -> int:
    """Write the file and say how to go on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent / ".env")
    path = parser.parse_args().path
    make_folders(path.parent)  # beside an older .env too: a new release may write to one more
    try:
        write_private(path, render(secret_values()))
    except FileExistsError:
        print(f"{path} exists and stays as it is: your data was made with its database password.", file=sys.stderr)
        print("Remove it only together with the volumes (docker compose down --volumes).", file=sys.stderr)
        return 1
    print(f"Wrote {path} with new secrets. Sign in as admin with the password in POSTLUDE_PASSWORDS.")
    print("Next:  docker compose up --build")
    return 0


def secret_values() -> dict[str, str]:
    """Return every variable of docker-compose.yml with a fresh value."""
    return {
        "POSTLUDE_UID": str(os.getuid() or IMAGE_USER),
        "POSTLUDE_USERS": "admin:admin",
        "POSTLUDE_PASSWORDS": json.dumps({"admin": secrets.token_urlsafe(18)}),
        "POSTGRES_PASSWORD": secrets.token_urlsafe(24),
        "AIRFLOW_FERNET_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "AIRFLOW_JWT_SECRET": secrets.token_urlsafe(64),
        "AIRFLOW_API_SECRET_KEY": secrets.token_urlsafe(32),
        "POSTLUDE_UNSUBSCRIBE_KEYS": secrets.token_urlsafe(32),
    }


def render(values: dict[str, str]) -> str:
    """Return the file's text. Single quotes keep every character of a value as it is."""
    head = "# Secrets of this installation, written by `make env`. Never commit this file.\n"
    roles = "# POSTLUDE_USERS is name:role,… (roles: admin, op, user, viewer); each name needs a password.\n"
    return head + roles + "".join(f"{name}='{value}'\n" for name, value in values.items())


def write_private(path: Path, text: str) -> None:
    """Write a new file that only its owner may read; FileExistsError where there is one already."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def make_folders(root: Path) -> None:
    """Make the folders that the containers write to, before Docker makes them for root alone."""
    for name in ("exports", "models", "runs"):
        (root / name).mkdir(exist_ok=True)
        if os.getuid() == 0:
            (root / name).chmod(0o2770)  # the containers' user is in group 0


if __name__ == "__main__":
    sys.exit(main())
