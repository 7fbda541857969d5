"""Who last edited a shop's segments and templates, as far as git and the file system know."""

import os
import pwd
import subprocess
from collections.abc import Iterable
from pathlib import Path


def last_editors(paths: Iterable[Path]) -> frozenset[str]:
    """Return who last edited the files under *paths*, lower-cased: name, e-mail address and its part before the @.

    The names come from git where the files are committed, and from the file's owner where they are not. Log-in names
    match when a person's e-mail address starts with theirs, or git's user.name is their log-in name. Empty where git
    or a checkout is absent: then nothing is known of who edited what.
    """
    editors: set[str] = set()
    for path in (path.resolve() for path in paths):
        folder = path if path.is_dir() else path.parent
        committed = _git(folder, "log", "--format=\x02%an\x01%ae", "--name-only", "--relative", "--", str(path))
        if committed is None:
            continue
        for name, address in _last_authors(committed, folder=folder):
            editors |= {name, address, address.partition("@")[0]}
        for line in (_git(folder, "status", "--porcelain", "-z", "--", str(path)) or "").split("\0"):
            editors |= _owner(folder, line[3:])
    return frozenset(editor.lower() for editor in editors if editor)


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-c", "core.quotepath=off", "-C", str(folder), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    except (OSError, subprocess.SubprocessError):
        return None


def _last_authors(log: str, *, folder: Path) -> set[tuple[str, str]]:
    """Return the author of the newest commit of each file that still exists."""
    seen: dict[str, tuple[str, str]] = {}
    for entry in log.split("\x02")[1:]:
        author, *names = entry.splitlines()
        name, _, address = author.partition("\x01")
        for file in filter(None, names):
            seen.setdefault(file, (name, address))
    return {author for file, author in seen.items() if (folder / file).exists()}


def _owner(folder: Path, name: str) -> set[str]:
    """Return the log-in name of the owner of an uncommitted file; git names it from the top of the checkout."""
    top = (_git(folder, "rev-parse", "--show-toplevel") or "").strip()
    file = Path(top) / name
    if not name or not file.exists():
        return set()
    try:
        return {pwd.getpwuid(os.stat(file).st_uid).pw_name}  # noqa: PTH116 - Path.owner fails for an unknown user
    except KeyError:
        return set()
