"""Whether a path that somebody names is a file that can be an export at all. Nothing is unpacked, nothing can hang."""

from dataclasses import dataclass
from pathlib import Path

from personalization.errors import BadInput
from personalization.sources.importing.adapter import System
from personalization.sources.reading import require_plain_file

_COMPRESSED = "is compressed; unpack it and import the files in it"
_SPREADSHEET = "is a spreadsheet or a zip archive; export it as {forms}, or unpack it"
_NO_TEXT = "is no text; export it as {forms}"
# How files begin that are often taken for an export: https://en.wikipedia.org/wiki/List_of_file_signatures
_BEGINNINGS = (
    (b"PK\x03\x04", _SPREADSHEET),
    (b"PK\x05\x06", _SPREADSHEET),
    (b"\xd0\xcf\x11\xe0", _SPREADSHEET),
    (b"\x1f\x8b", _COMPRESSED),
    (b"BZh", _COMPRESSED),
    (b"\xfd7zXZ", _COMPRESSED),
    (b"\x28\xb5\x2f\xfd", _COMPRESSED),
    (b"7z\xbc\xaf", _COMPRESSED),
    (b"Rar!", _COMPRESSED),
    (b"%PDF", _NO_TEXT),
    (b"\x89PNG", _NO_TEXT),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What tells that a file is still the one that was opened."""

    size: int
    changed_ns: int


def require_export_file(path: Path) -> Stamp:
    """Raise BadInput for what is not a plain, filled, readable file in the folder that it is named in.

    A link may lead to another file of the folder, but not out of it: an export that is fetched into a folder must not
    be able to name any file of the machine.
    """
    if not path.exists() and not path.is_symlink():
        raise BadInput(f"{path}: no such file")
    if path.is_dir():
        raise BadInput(f"{path}: is a folder; name the files in it")
    require_plain_file(path, path.parent)
    return _stamp(path)


def require_unchanged(path: Path, before: Stamp) -> None:
    """Raise BadInput when a file was written to while it was read: half an export looks like a whole one."""
    if not path.exists() or _stamp(path) != before:
        raise BadInput(f"{path.name}: was changed while it was read; import it again when its export is complete")


def _stamp(path: Path) -> Stamp:
    found = path.stat()
    return Stamp(size=found.st_size, changed_ns=found.st_mtime_ns)


def require_text(path: Path, start: bytes, system: System) -> None:
    """Raise BadInput when a file that begins with *start* is no text such as *system* exports."""
    forms = " or ".join(sorted({shape.format.upper() for shape in system.shapes}))
    for beginning, sentence in _BEGINNINGS:
        if start.startswith(beginning):
            raise BadInput(f"{path.name}: {sentence.format(forms=forms)}")
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        raise BadInput(
            f"{path.name}: is a web page or XML, such as an error or a page to sign in; export it again as {forms}"
        )
    first = start.split(b"\n", 1)[0]
    if b"\0" in first and not start.startswith((b"\xff\xfe", b"\xfe\xff", b"PAR1")):
        raise BadInput(f"{path.name}: has NUL bytes, so it is UTF-16 or no text; save it as {forms} in UTF-8")
