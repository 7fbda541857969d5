"""Signed links: what one key signed stays valid, whatever key signs now, and nothing else is."""

import pytest

from personalization import unsubscribe_links as links
from personalization.errors import ConfigurationInvalid

OLD, NEW, OTHER = "old-key-" + "o" * 32, "new-key-" + "n" * 32, "another-" + "x" * 32
MESSAGE = "a" * 64
URL = f"https://shop.example/unsubscribe?m={MESSAGE}"


def signed(*keys: str) -> str:
    return links.sign_link(URL, keys=keys, language="de")


def test_a_signed_link_names_its_message_and_its_language() -> None:
    """The address stays as it was; the same link gives the same bytes."""
    link = signed(NEW)

    assert link.startswith(f"{URL}.")
    assert link.endswith("&l=de")
    assert links.read_token(links.token_of(link), keys=[NEW]) == MESSAGE
    assert link == signed(NEW)


def test_a_new_key_signs_and_the_old_links_stay_good() -> None:
    """The first key signs; a link never expires while its key is listed, and ends with it."""
    before, after = (links.token_of(link) for link in (signed(OLD), signed(NEW, OLD)))

    assert after == links.token_of(signed(NEW))
    assert links.read_token(before, keys=[NEW, OLD]) == MESSAGE
    assert links.read_token(before, keys=[NEW]) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        MESSAGE,
        f"{MESSAGE}.",
        links.token_of(signed(OTHER)),
        links.token_of(signed(NEW)).replace("a", "b", 1),
        links.token_of(signed(NEW))[:-1],
        "é.é",
        "\x00",
    ],
)
def test_nothing_else_is_a_token(token: str) -> None:
    """Unsigned, cut, changed, or signed by a stranger: none of these names a message."""
    assert links.read_token(token, keys=[NEW, OLD]) is None


def test_a_test_message_has_a_link_that_names_nobody() -> None:
    """Whoever tries the link of a test message must not unsubscribe the customer it was sampled from."""
    link = links.sample_link(URL, keys=[NEW], language="en")

    assert MESSAGE not in link
    assert links.read_token(links.token_of(link), keys=[NEW]) == links.TEST_MESSAGE


def test_keys_come_from_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Several, parted by commas, the signing one first."""
    monkeypatch.setenv(links.KEYS_VARIABLE, f" {NEW} , {OLD},")

    assert links.read_keys() == (NEW, OLD)


@pytest.mark.parametrize(("given", "says"), [("", "not set"), (f"{NEW},short", "fewer than 32")])
def test_a_missing_or_short_key_is_named(monkeypatch: pytest.MonkeyPatch, given: str, says: str) -> None:
    """The error says how to make one, and never shows one."""
    monkeypatch.setenv(links.KEYS_VARIABLE, given)

    with pytest.raises(ConfigurationInvalid, match=says) as refused:
        links.read_keys()
    assert "token_urlsafe" in str(refused.value)
    assert "short" not in str(refused.value)
