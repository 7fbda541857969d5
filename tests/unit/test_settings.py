"""shop.toml is checked at the edge; an error names file, key and fix."""

from pathlib import Path

import pytest

from personalization.errors import ConfigurationInvalid
from personalization.settings import load_shop

GOOD = """
name = "A shop"
timezone = "Europe/London"
[brand]
site_url = "https://shop.example"
support_url = "https://shop.example/help"
postal_address = "1 Example Street, London"
[programs.onboarding]
owner = "care"
metric = "tickets"
recurrence = "nightly"
"""


def shop_file(folder: Path, text: str) -> Path:
    path = folder / "shop.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_loads(tmp_path: Path) -> None:
    """What is not written has its default."""
    shop = load_shop(shop_file(tmp_path, GOOD))

    assert shop.approvals == "second_person"
    assert shop.root == tmp_path.resolve()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("timezone =", "time_zone ="), "shop.toml: time_zone: unknown key; did you mean 'timezone'?"),
        (("Europe/London", "Europe/Londn"), "shop.toml: timezone: 'Europe/Londn' is not a time zone"),
        (('owner = "care"\n', ""), "shop.toml: programs.onboarding.owner: is required"),
        (("[brand]", "[brand]\ncolor = '#000000'"), "did you mean 'colour'?"),
        (('name = "A shop"', "name = "), "shop.toml: not valid TOML"),
        (("[brand]", "[consent]\nemail = { default = ['pending'] }\n[brand]"), "'subscribed' or 'soft_opt_in'"),
        (("[brand]", "[consent]\nemail = { DE = ['subscribed'] }\n[brand]"), "needs the key 'default'"),
        (("[brand]", "[consent]\nmail = { default = [] }\n[brand]"), "did you mean 'email'?"),
        (
            ("[brand]", "[sources.zendesk]\nfiles = ['t.json']\n[brand]"),
            "shop.toml: sources.zendesk.feeds: is required",
        ),
    ],
)
def test_a_wrong_file_names_the_key_and_the_fix(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    """A wrong key, value or gap in the settings is told with what would be right."""
    path = shop_file(tmp_path, GOOD.replace(*change))

    with pytest.raises(ConfigurationInvalid) as raised:
        load_shop(path)
    assert said in str(raised.value)


NOTICE = """
[programs.delay_notice]
owner = "care"
metric = "tickets"
recurrence = "nightly"
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + NOTICE, "delay_notice: kind must be 'service'"),
        (GOOD + NOTICE + 'kind = "marketing"', "delay_notice: kind must be 'service'"),
        (GOOD + 'kind = "service"', "onboarding: kind must be 'marketing' or 'education'"),
        (GOOD + '[pages]\ntrackin = "https://shop.example/track"', "pages.trackin"),
        (GOOD + '[pages]\ntracking = "javascript:alert(1)"', "pages.tracking"),
    ],
)
def test_service_is_what_tells_of_trouble_and_nothing_else(tmp_path: Path, text: str, said: str) -> None:
    """No program escapes consent and gates by calling itself service, and pages are addresses of the web."""
    with pytest.raises(ConfigurationInvalid, match=said):
        load_shop(shop_file(tmp_path, text))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """The message says which option names the file."""
    with pytest.raises(ConfigurationInvalid, match="--shop"):
        load_shop(tmp_path / "none.toml")


def test_the_demo_shop_loads() -> None:
    """The project's own shop.toml is right."""
    shop = load_shop(Path(__file__).parents[2] / "shop.toml")

    assert shop.is_demo
    assert set(shop.programs) >= {"onboarding", "replenishment", "cross_sell"}
