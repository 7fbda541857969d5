"""What a marketer may write in a segment, what comes of it, and how a mistake is told."""

from pathlib import Path

import pytest

from personalization.audiences import field_reference, load_segments
from personalization.audiences.fields import FIELDS, SUBJECTS, fields_of
from personalization.errors import ConfigurationInvalid
from personalization.warehouse.duck import read_statement
from tests.unit.audiences import night

PROGRAMS = frozenset(SUBJECTS)
GOOD = """
friendly_name = "Just arrived"
owner = "care@shop.example"
description = "People whose order came."
program = "onboarding"

[all]
days_since_delivery = { between = [1, 4] }

[[examples]]
expect = "in"
why = "came two days ago"
given = { days_since_delivery = 2 }

[[examples]]
expect = "out"
why = "came last week"
given = { days_since_delivery = 7 }
"""


def written(folder: Path, text: str, name: str = "fresh") -> Path:
    """Write one segment file and return its folder."""
    (folder / "segments").mkdir(exist_ok=True)
    (folder / "segments" / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder / "segments"


def test_a_good_segment(tmp_path: Path) -> None:
    """A segment is read with its words, its conditions and its examples."""
    (segment,) = load_segments(written(tmp_path, GOOD), PROGRAMS)

    assert (segment.name, segment.program, len(segment.conditions), len(segment.examples)) == (
        "fresh",
        "onboarding",
        1,
        2,
    )


def test_the_shops_own_segments() -> None:
    """The segments that ship are sound, and every program of the demo shop has one."""
    assert {segment.program for segment in night.SEGMENTS} == PROGRAMS


COMPARED = "days_since_delivery = { between = [1, 4] }"
MISTAKES: dict[str, tuple[str, str, str]] = {
    "unknown field": (
        COMPARED,
        "orders_count = { at_least = 1 }",
        "segments/fresh.toml: unknown field 'orders_count'; did you mean 'order_count'? Allowed: ",
    ),
    "field of another program": (
        COMPARED,
        "days_until_due = { at_most = 1 }",
        "segments/fresh.toml: field 'days_until_due' is not published for onboarding. Allowed: category, ",
    ),
    "unknown comparison": (
        COMPARED,
        "order_count = { atleast = 1 }",
        "segments/fresh.toml: all.order_count: unknown comparison 'atleast'; did you mean 'at_least'? Allowed: ",
    ),
    "unknown word": (
        COMPARED,
        'product_type = { is = "consumables" }',
        "segments/fresh.toml: all.product_type: unknown value 'consumables'; did you mean 'consumable'? Allowed: ",
    ),
    "words for a number": (
        COMPARED,
        'order_count = { at_least = "three" }',
        "segments/fresh.toml: all.order_count: wants a whole number, not 'three'",
    ),
    "a fraction for a count": (
        COMPARED,
        "order_count = { at_least = 1.5 }",
        "segments/fresh.toml: all.order_count: wants a whole number, not 1.5",
    ),
    "a number for yes or no": (
        COMPARED,
        "is_first_purchase = { is = 1 }",
        "segments/fresh.toml: all.is_first_purchase: wants true or false, not 1",
    ),
    "an order among words": (
        COMPARED,
        'country = { more_than = "GB" }',
        "segments/fresh.toml: all.country: 'more_than' compares numbers, and 'country' is text",
    ),
    "one value for a list": (
        COMPARED,
        'country = { in = "GB" }',
        "segments/fresh.toml: all.country: 'in' wants a list such as [1, 2]",
    ),
    "a list for one value": (
        COMPARED,
        'country = { is = ["GB", "FR"] }',
        "segments/fresh.toml: all.country: 'is' wants one value, not a list",
    ),
    "between backwards": (
        COMPARED,
        "order_count = { between = [4, 1] }",
        "segments/fresh.toml: all.order_count: 'between' wants the lower number first",
    ),
    "no comparison": (COMPARED, "order_count = {}", "segments/fresh.toml: all.order_count: no comparison Allowed: "),
    "no condition": (f"[all]\n{COMPARED}", "", "segments/fresh.toml: has no condition; give at least one under [all]"),
    "unknown program": (
        '"onboarding"',
        '"onbording"',
        "segments/fresh.toml: unknown program 'onbording'; did you mean 'onboarding'? Allowed: ",
    ),
    "unknown key": (
        "owner =",
        "ownr =",
        "segments/fresh.toml: unknown key 'ownr'; did you mean 'owner'? Allowed: ",
    ),
    "no owner": ('owner = "care@shop.example"', "", "segments/fresh.toml: 'owner' is required"),
    "nobody out": (
        'expect = "out"\nwhy = "came last week"\ngiven = { days_since_delivery = 7 }',
        'expect = "in"\nwhy = "came yesterday"\ngiven = { days_since_delivery = 1 }',
        'segments/fresh.toml: needs at least one [[examples]] with expect = "out"',
    ),
    "an example that comes out otherwise": (
        "given = { days_since_delivery = 7 }",
        "given = { days_since_delivery = 3 }",
        "segments/fresh.toml: example 2 (came last week) should be out, but the conditions put it in",
    ),
    "an example with an unknown field": (
        "given = { days_since_delivery = 7 }",
        "given = { days_since_delivry = 7 }",
        "segments/fresh.toml: example 2: unknown field 'days_since_delivry'; did you mean 'days_since_delivery'?",
    ),
    "not TOML": ("[all]", "[all", "segments/fresh.toml: not valid TOML: "),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_with_its_remedy(tmp_path: Path, mistake: str) -> None:
    """A wrong segment names its file, the key, what is allowed and the nearest match."""
    right, wrong, told = MISTAKES[mistake]
    assert right in GOOD

    with pytest.raises(ConfigurationInvalid) as caught:
        load_segments(written(tmp_path, GOOD.replace(right, wrong)), PROGRAMS)

    assert told in str(caught.value)


def test_every_wrong_file_is_told_at_once(tmp_path: Path) -> None:
    """Two wrong files give two lines, so that nobody mends them one run at a time."""
    written(tmp_path, GOOD.replace("owner =", "ownr ="), name="one")
    folder = written(tmp_path, GOOD.replace("days_since_delivery = { b", "days = { b"), name="two")

    with pytest.raises(ConfigurationInvalid) as caught:
        load_segments(folder, PROGRAMS)

    assert {line.split(":")[0] for line in str(caught.value).splitlines()} == {"segments/one.toml", "segments/two.toml"}


def test_a_folder_without_segments(tmp_path: Path) -> None:
    """A shop without segments writes to nobody, which is an error and not a silence."""
    with pytest.raises(ConfigurationInvalid, match="no segment files"):
        load_segments(tmp_path / "segments", PROGRAMS)


# comparison in the file -> values of order_count (None: missing) that satisfy it
COMPARISONS = {
    "{ is = 2 }": {2},
    "{ is_not = 2 }": {1, 3, None},
    "{ in = [1, 3] }": {1, 3},
    "{ not_in = [1, 3] }": {2, None},
    "{ at_least = 2 }": {2, 3},
    "{ at_most = 2 }": {1, 2},
    "{ more_than = 2 }": {3},
    "{ less_than = 2 }": {1},
    "{ between = [2, 3] }": {2, 3},
    "{ at_least = 2, less_than = 3 }": {2},
}


@pytest.mark.parametrize(
    ("comparison", "group"),
    [
        (comparison, group)
        for comparison in COMPARISONS
        for group in ("all", "any", "none")
        if group == "all" or "less_than = 3" not in comparison  # two comparisons are two conditions of their group
    ],
)
def test_what_each_comparison_lets_in(tmp_path: Path, comparison: str, group: str) -> None:
    """Each comparison means what its name says, under none the rest; a missing value fits only the negative ones."""
    fitting = COMPARISONS[comparison]
    inside = {1, 2, 3, None} - fitting if group == "none" else fitting
    examples = "".join(
        f'[[examples]]\nexpect = "{"in" if count in inside else "out"}"\nwhy = "{count}"\n'
        f"given = {{ {'' if count is None else f'order_count = {count}'} }}\n"
        for count in (1, 2, 3, None)
    )
    head = GOOD.split("[all]", maxsplit=1)[0]

    (segment,) = load_segments(written(tmp_path, f"{head}[{group}]\norder_count = {comparison}\n{examples}"), PROGRAMS)

    assert len(segment.examples) == 4


def test_a_hostile_value_is_only_a_value(tmp_path: Path) -> None:
    """A value that looks like SQL is compared and never run."""
    text = GOOD.replace(COMPARED, """country = { is = "x' OR 1=1; DROP TABLE members; --" }""")
    text = text.replace("{ days_since_delivery = 2 }", """{ country = "x' OR 1=1; DROP TABLE members; --" }""")
    segments = load_segments(written(tmp_path, text), PROGRAMS)

    assert night.decide(night.world(), segments=segments).decisions.num_rows == 0


def test_every_published_field_is_a_column() -> None:
    """A published field is a column of its programs' subject tables or of the table of people, of the type it says."""
    people = dict(read_statement("audiences/audience_people").columns)
    for program in SUBJECTS:
        columns = people | dict(read_statement(f"audiences/subjects_{program}").columns)

        assert {name: columns.get(name) for name in fields_of(program)} == {
            name: str(field.kind) for name, field in fields_of(program).items()
        }


def test_the_reference_is_current() -> None:
    """docs/segment-fields.md is what the code says; write it anew with field_reference()."""
    assert (night.ROOT / "docs" / "segment-fields.md").read_text(encoding="utf-8") == field_reference()
    assert all(f"`{name}`" in field_reference() for name in FIELDS)
