"""Check what no linter checks: that the lock is whole, fits pyproject.toml, and that no file names a host or machine.

Reads files only and asks no network. Prints one line per problem; exit code 1 when there is any.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

LOCK = "requirements.lock"
PROJECT = "pyproject.toml"
ADDRESS = re.compile(r"https?://|file:/|--(?:extra-)?index-url|--find-links|--trusted-host|^-[if]\b")
PIN = re.compile(r"^[A-Za-z0-9._-]+(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")

# Kept in parts so that this file passes its own check.
REGISTRY_HOSTS = tuple(
    ".".join(labels)
    for labels in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("unpkg", "com"),
        ("jsdelivr", "net"),
        ("anaconda", "org"),
        ("deb", "debian", "org"),
        ("archive", "ubuntu", "com"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("quay", "io"),
    )
)
MACHINE_PATH = re.compile(r"(?<![\w.~$}-])/(?:work|root|home|Users)/")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One pinned package of the lock; a universal lock may pin a name once per Python version."""

    name: str
    version: str
    hashes: int
    line: int


def main() -> int:
    """Check the repository that the command line names, by default the one around this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).resolve().parent.parent)
    root = parser.parse_args().root
    problems = [*check_lock(root), *check_files(root)]
    print("\n".join(problems) or "lock and files: in order")
    return 1 if problems else 0


def check_lock(root: Path) -> Iterator[str]:
    """Yield what is wrong with the lock: an address, an entry without digest, or disagreement with pyproject.toml."""
    text = (root / LOCK).read_text()
    for number, line in enumerate(text.splitlines(), start=1):
        if ADDRESS.search(line):
            yield f"{LOCK}:{number}: names an address; write the lock with `make lock`"
    entries = list(read_lock(text))
    for entry in entries:
        if not entry.hashes:
            yield f"{LOCK}:{entry.line}: {entry.name} has no digest; write the lock with `make lock`"
    for requirement in direct_requirements(root):
        yield from _disagreements(requirement, entries)


def read_lock(text: str) -> Iterator[Entry]:
    """Yield the pinned packages of a requirements file with their number of digests."""
    logical, first = "", 1
    for number, line in enumerate(text.splitlines(), start=1):
        first = first if logical else number
        logical += line.removesuffix("\\")
        if line.endswith("\\"):
            continue
        if pin := PIN.match(logical):
            name = canonicalize_name(re.split(r"[\[=]", logical, maxsplit=1)[0])
            yield Entry(name=name, version=pin["version"], hashes=len(HASH.findall(logical)), line=first)
        logical = ""


def direct_requirements(root: Path) -> list[Requirement]:
    """Return everything that pyproject.toml asks for: to run, to develop and to build."""
    document = tomllib.loads((root / PROJECT).read_text())
    project = document["project"]
    extras = project.get("optional-dependencies", {}).values()
    written = [
        *project["dependencies"],
        *(item for extra in extras for item in extra),
        *document["build-system"]["requires"],
    ]
    return [Requirement(item) for item in written]


def _disagreements(requirement: Requirement, entries: Iterable[Entry]) -> Iterator[str]:
    name = canonicalize_name(requirement.name)
    locked = [entry for entry in entries if entry.name == name]
    if not locked:
        yield f"{LOCK}: {name} of {PROJECT} is missing; run `make lock`"
    for entry in locked:
        if not requirement.specifier.contains(entry.version, prereleases=True):
            yield f"{LOCK}:{entry.line}: {name} {entry.version} does not fit `{requirement}`; run `make lock`"


def check_files(root: Path) -> Iterator[str]:
    """Yield each line of the project's files that names a package registry's host or a path of one machine."""
    hosts = re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, REGISTRY_HOSTS)) + r")(?![\w-])", re.IGNORECASE)
    for path in project_files(root):
        text = _read_text(root / path)
        for number, line in enumerate(text.splitlines(), start=1):
            if hosts.search(line):
                yield f"{path}:{number}: names the host of a package registry"
            if MACHINE_PATH.search(line):
                yield f"{path}:{number}: names a folder of one machine"


def project_files(root: Path) -> list[Path]:
    """Return the files that git has or would take, relative to *root*."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=False)
    if listed.returncode != 0:
        reason = listed.stderr.decode(errors="replace").strip()
        raise SystemExit(f"{root}: git cannot list the files: {reason}")
    names = [Path(name) for name in listed.stdout.decode().split("\0") if name]
    return sorted(name for name in set(names) if (root / name).is_file())


def _read_text(path: Path) -> str:
    """Return a file's text; nothing for pictures and other binary files."""
    content = path.read_bytes()
    return "" if b"\0" in content[:8192] else content.decode(errors="replace")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, InvalidRequirement, tomllib.TOMLDecodeError) as error:
        sys.exit(f"check_repository: {error}")
