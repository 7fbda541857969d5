"""What an approved message becomes as an email: rendered, with its signed link, from the shop's sender."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from personalization.errors import ConfigurationInvalid
from personalization.export.mime import Sender, build_mail
from personalization.settings import Shop
from personalization.unsubscribe_links import sample_link, sign_properties

TEST_MARK = "[Test] "
Render = Callable[[Mapping[str, Any]], tuple[str, str]]  # a message row → its HTML and text


def sender_of(shop: Shop) -> Sender:
    """Return who the shop's emails are from; ConfigurationInvalid where ``shop.toml`` does not say so."""
    smtp = shop.export.smtp
    if smtp.sender is None:
        raise ConfigurationInvalid(
            "shop.toml: export.smtp.from: is required to send by SMTP, such as from = 'Shop <news@shop.example>'"
        )
    return Sender(from_=smtp.sender, reply_to=smtp.reply_to)


def write_email(
    message: Mapping[str, Any], *, shop: Shop, keys: Sequence[str], render: Render, is_test: bool = False
) -> bytes:
    """Return the email of *message*, a row of the message table with ``email``, without its Date.

    Its HTML and text are those of the message but for the signature in the unsubscribe link. A test says so in its
    subject, has an id of its own, and a link that unsubscribes nobody. Raises ConfigurationInvalid for a message with
    such a link where ``shop.toml`` names no address for it, or no sender.
    """
    properties = json.loads(message["properties"])
    link = properties.get("unsubscribe_url")
    if link is not None:
        if shop.unsubscribe.url is None:
            raise ConfigurationInvalid(
                "shop.toml: unsubscribe.url: is required to send marketing and education by SMTP; set it up as "
                "docs/unsubscribe.md says"
            )
        signed = sign_properties(properties, keys=keys)
        if is_test:
            signed["unsubscribe_url"] = sample_link(link, keys=keys, language=str(properties["locale"]).split("_")[0])
        link = signed["unsubscribe_url"]
        message = {**message, "properties": json.dumps(signed)}
    html, text = render(message)
    mark = TEST_MARK if is_test else ""
    given = {**message, "message_id": f"test-{message['message_id'][:16]}"} if is_test else message
    return build_mail(given, html=html, text=text, sender=sender_of(shop), unsubscribe_link=link, subject_mark=mark)
