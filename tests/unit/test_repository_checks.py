"""The project's own scripts: the choice of Python, the checks of the lock and the files, secrets, exit codes."""

import base64
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest

from tools import check_repository, make_env, run_dag, up

ROOT = Path(__file__).resolve().parents[2]
BASH = shutil.which("bash") or "bash"
DIGEST = "--hash=sha256:" + "0" * 64
REGISTRY = "pypi" + ".org"  # in parts, so that this file passes the check

Commands = Callable[[Mapping[str, str]], Path]


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    """Make a folder of commands, each a line of shell, to be the whole PATH of a script."""

    def make(lines: Mapping[str, str]) -> Path:
        folder = tmp_path / "bin"
        folder.mkdir()
        for name, line in lines.items():
            (folder / name).write_text(f"#!{BASH}\n{line}\n")
            (folder / name).chmod(0o755)
        return folder

    return make


def python(version: str, *, makes_environments: bool = True) -> str:
    """Return the shell of a stand-in for a Python of *version*."""
    answer = "exit 0" if makes_environments else "exit 1"
    return f'case "$2" in *version_info*) echo {version} ;; *ensurepip*) {answer} ;; esac'


BROKEN = "echo 'command not found' >&2; exit 127"  # what a version switcher leaves behind


def run(script: str, path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one of the scripts with *path* as its whole PATH."""
    return subprocess.run(
        [BASH, str(ROOT / "tools" / script)],
        env={"PATH": str(path), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize(
    ("here", "chosen"),
    [
        ({"python3.13": python("3.13"), "python3.12": python("3.12")}, "python3.13"),
        ({"python3.13": BROKEN, "python3.12": BROKEN, "python3.11": python("3.11")}, "python3.11"),
        ({"python3.13": python("3.13", makes_environments=False), "python3.12": python("3.12")}, "python3.12"),
        ({"python3": python("3.12")}, "python3"),
        ({"python3.11": python("3.11"), "python3": python("3.14")}, "python3.11"),
    ],
)
def test_the_newest_python_that_really_works_is_chosen(commands: Commands, here: dict[str, str], chosen: str) -> None:
    """A name on the PATH proves nothing: the command must run, be supported and make environments."""
    done = run("python.sh", commands(here))
    assert (done.returncode, done.stdout.strip()) == (0, chosen), done.stderr


def test_a_missing_venv_names_the_apt_command_of_that_version(commands: Commands) -> None:
    """On Debian and Ubuntu the module comes in a package per version."""
    done = run("python.sh", commands({"python3": python("3.12", makes_environments=False)}))
    assert done.returncode == 1
    assert "    apt-get install python3.12-venv\n" in done.stderr


def test_no_supported_python_says_what_to_install(commands: Commands) -> None:
    """A machine with only an old Python is told so."""
    done = run("python.sh", commands({"python3": python("3.9")}))
    assert done.returncode == 1
    assert "apt-get install python3 python3-venv" in done.stderr


@pytest.mark.parametrize(("version", "code"), [("3.12", 0), ("3.14", 1), ("3.9", 1)])
def test_the_users_own_choice_decides_but_must_be_supported(commands: Commands, version: str, code: int) -> None:
    """PYTHON=… wins over what would be found, and is refused when it cannot work."""
    folder = commands({"mine": python(version), "python3.13": python("3.13")})
    done = run("python.sh", folder, PYTHON=str(folder / "mine"))
    assert done.returncode == code
    assert (str(folder / "mine") in done.stdout) == (code == 0)


def test_install_does_nothing_when_the_environment_fits_the_lock(tmp_path: Path, commands: Commands) -> None:
    """The stamp of the lock is all that a second `make install` reads."""
    project = tmp_path / "project"
    (project / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "install.sh", project / "tools")
    (project / "requirements.lock").write_text("lock")
    (project / "pyproject.toml").write_text("project")
    (project / ".venv").mkdir()
    commands({"python": python("3.12.0") + '\n[ -n "$2" ] && [ "$1" = -c ]'}).rename(project / ".venv/bin")
    stamp = project / ".venv" / ".installed-from"
    stamp.write_text(subprocess.check_output(["sha256sum"], input="lockproject", text=True).split()[0])

    fits = subprocess.run([project / "tools" / "install.sh"], capture_output=True, text=True, check=True)
    (project / "requirements.lock").write_text("another lock")
    changed = subprocess.run([project / "tools" / "install.sh"], capture_output=True, text=True, check=False)

    assert fits.stdout == ""
    assert "Installing the locked packages" in changed.stdout
    assert changed.returncode != 0
    assert not stamp.exists()


def test_a_chromium_that_runs_is_used(commands: Commands) -> None:
    """A stand-in that only points elsewhere is passed over."""
    folder = commands({"chromium": "exit 1", "chromium-browser": "echo Chromium 150"})
    assert run("chromium.sh", folder).stdout.strip() == str(folder / "chromium-browser")


def test_a_missing_chromium_is_added_by_apt(commands: Commands) -> None:
    """Root needs nobody's leave."""
    add = """case "$*" in
        *install*" chromium") echo 'echo Chromium 150' >"${0%/*}/chromium"; /bin/chmod +x "${0%/*}/chromium" ;;
    esac"""
    folder = commands({"id": "echo 0", "env": 'shift; exec "$@"', "apt-get": add})
    done = run("chromium.sh", folder)
    assert (done.returncode, done.stdout.strip()) == (0, str(folder / "chromium")), done.stderr


def test_a_chromium_that_cannot_be_added_is_said_and_fails(commands: Commands) -> None:
    """The tests never go on without it."""
    done = run("chromium.sh", commands({"id": "echo 1000", "apt-get": "exit 0"}))
    assert done.returncode == 1
    assert "sudo apt-get install chromium" in done.stderr


def test_the_repository_passes_its_own_check() -> None:
    """The lock fits pyproject.toml and is whole."""
    assert list(check_repository.check_lock(ROOT)) == []


def project(folder: Path, *, lock: str, dependencies: str = '"alpha>=1.2"') -> Path:
    """Write a project of one dependency with its lock."""
    (folder / "pyproject.toml").write_text(
        f'[build-system]\nrequires = []\n[project]\nname = "p"\ndependencies = [{dependencies}]\n'
    )
    (folder / "requirements.lock").write_text(lock)
    return folder


@pytest.mark.parametrize(
    ("lock", "complaint"),
    [
        (f"alpha==1.3 \\\n    {DIGEST}\n", None),
        (f"alpha==1.3 ; python_version < '3.12' \\\n    {DIGEST}\nalpha==1.4 \\\n    {DIGEST}\n", None),
        (f"--index-url https://packages.example/simple\nalpha==1.3 \\\n    {DIGEST}\n", "names an address"),
        (f"alpha @ https://packages.example/a.whl\nalpha==1.3 \\\n    {DIGEST}\n", "names an address"),
        (f"--extra-index-url=x\nalpha==1.3 \\\n    {DIGEST}\n", "names an address"),
        ("alpha==1.3\n", "alpha has no digest"),
        (f"alpha==1.1 \\\n    {DIGEST}\n", "alpha 1.1 does not fit"),
        (f"beta==1.3 \\\n    {DIGEST}\n", "alpha of pyproject.toml is missing"),
    ],
)
def test_the_lock_is_whole_fits_and_names_no_address(tmp_path: Path, lock: str, complaint: str | None) -> None:
    """Each fault is told with its line and what to do."""
    problems = list(check_repository.check_lock(project(tmp_path, lock=lock)))
    if complaint is None:
        assert problems == []
    else:
        assert any(complaint in problem and "make lock" in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("line", "is_fault"),
    [
        (f"see {REGISTRY}/project", True),
        (f"https://{REGISTRY.upper()}/simple", True),
        (f"not{REGISTRY}", False),
        ("data in /" + "root/shop", True),
        ("/" + "home/mara/runs", True),
        ("https://shop.example/home/garden", False),
        ("$root/work/x and network/work/", False),
    ],
)
def test_no_file_names_a_registry_or_a_machine(tmp_path: Path, line: str, is_fault: bool) -> None:
    """Tracked and new files are read alike; ignored and binary ones are not."""
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / "notes.md").write_text(f"first\n{line}\n")
    (tmp_path / "picture.png").write_bytes(f"\0{line}".encode())
    (tmp_path / ".gitignore").write_text("ignored\n")
    (tmp_path / "ignored").write_text(line)

    problems = list(check_repository.check_files(tmp_path))

    assert [problem.startswith("notes.md:2: names") for problem in problems] == [True] * is_fault


def test_the_env_file_is_new_private_and_complete(tmp_path: Path) -> None:
    """Only its owner may read it, and every secret is long and fresh."""
    path = tmp_path / ".env"
    make_env.write_private(path, make_env.render(make_env.secret_values()))
    first, second = make_env.secret_values(), make_env.secret_values()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    secrets = {"POSTGRES_PASSWORD", "AIRFLOW_FERNET_KEY", "AIRFLOW_JWT_SECRET", "AIRFLOW_API_SECRET_KEY"}
    assert all(first[name] != second[name] and len(first[name]) >= 32 for name in secrets)
    assert len(base64.urlsafe_b64decode(first["AIRFLOW_FERNET_KEY"])) == 32
    assert not any("'" in value or "\n" in value for value in first.values())


def test_an_env_file_is_never_overwritten(tmp_path: Path) -> None:
    """The database was made with its password; a second call leaves it and says so, and makes the folders it lacks."""
    path = tmp_path / ".env"
    command = [sys.executable, str(ROOT / "tools" / "make_env.py"), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    before = path.read_text()
    (tmp_path / "models").rmdir()
    again = subprocess.run(command, check=False, capture_output=True, text=True)

    assert again.returncode == 1
    assert "stays as it is" in again.stderr
    assert path.read_text() == before
    assert sorted(item.name for item in tmp_path.iterdir()) == [".env", "exports", "models", "runs"]


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ({"score": "success", "held_or_published": "success"}, 0),
        ({"score": "success", "alert": "skipped", "held_or_published": "success"}, 0),
        ({"score": "success", "held_or_published": "failed"}, 3),
        ({"score": "failed", "held_or_published": "upstream_failed"}, 1),
        ({"score": "failed", "held_or_published": "failed"}, 1),
        ({"score": "upstream_failed", "held_or_published": "failed"}, 1),
        ({}, 1),
    ],
)
def test_a_held_night_has_an_exit_code_of_its_own(states: dict[str, str], code: int) -> None:
    """Held is neither done nor broken."""
    assert run_dag.exit_code(states) == code


def test_stopping_ends_the_children_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that ignores the first signals and has started others leaves nothing behind."""
    monkeypatch.setattr(up, "STOP_SECONDS", 0.3)
    script = "trap '' INT TERM; sleep 60 & echo $!; wait"
    process = subprocess.Popen([BASH, "-c", script], stdout=subprocess.PIPE, start_new_session=True)
    with process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        up.stop([process])

    assert process.returncode is not None
    assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE
