"""Runs the command line in this process and tells what it printed and how it ended."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from personalization import cli


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    code: int
    out: str
    err: str


def postlude(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Done:
    """Run ``postlude`` with *arguments*; a traceback is never caught, so a test sees it."""
    before, sys.argv = sys.argv, ["postlude", *map(str, arguments)]
    capsys.readouterr()
    try:
        cli.main()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.argv = before
    captured = capsys.readouterr()
    return Done(code=code, out=captured.out, err=captured.err)
