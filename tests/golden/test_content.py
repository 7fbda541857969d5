"""Every template's first example, in every language, byte for byte."""

from tests.golden.rewrite_content import FOLDER, golden_files


def test_every_template_renders_its_golden_message():
    """A change of a message is seen: run ``python -m tests.golden.rewrite_content`` and read the diff."""
    rendered = dict(golden_files())

    kept = {path.name: path.read_bytes().decode() for path in FOLDER.iterdir()}
    assert sorted(rendered) == sorted(kept)
    assert [name for name in rendered if rendered[name] != kept[name]] == []
