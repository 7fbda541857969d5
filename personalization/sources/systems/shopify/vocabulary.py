"""Shopify's words as the contract writes them, and what its tags are taken to mean."""

from personalization.sources.importing.expressions import quoted

# https://shopify.dev/docs/api/admin-graphql/latest/enums/OrderDisplayFinancialStatus
FINANCIAL_STATUSES = {
    word: word
    for word in (
        *("authorized", "expired", "paid", "partially_paid", "partially_refunded", "pending", "refunded", "voided"),
    )
}
# An order that was never paid: what was taken off it was cancelled, not refunded.
UNPAID = ("AUTHORIZED", "EXPIRED", "PENDING", "VOIDED")
# https://shopify.dev/docs/api/admin-graphql/latest/enums/FulfillmentEventStatus
# https://shopify.dev/docs/api/admin-graphql/latest/enums/FulfillmentDisplayStatus
# "Fulfilled" says that the shop handed the parcel over, and nothing about where it is.
PARCEL_STATUSES = {
    "confirmed": "label_created",
    "label_printed": "label_created",
    "label_purchased": "label_created",
    "submitted": "label_created",
    "carrier_picked_up": "in_transit",
    "in_transit": "in_transit",
    "out_for_delivery": "out_for_delivery",
    "attempted_delivery": "attempt_failed",
    "ready_for_pickup": "ready_for_pickup",
    "delivered": "delivered",
    "picked_up": "delivered",
    "delayed": "delayed",
    "failure": "exception",
    "not_delivered": "exception",
    "canceled": "cancelled",
    "cancelled": "cancelled",
    "label_voided": "cancelled",
    "fulfilled": "unknown",
    "marked_as_fulfilled": "unknown",
}
# https://shopify.dev/docs/api/admin-graphql/latest/enums/ReturnStatus
RETURN_STATES = {
    "requested": "open",
    "open": "approved",
    "closed": "closed",
    "declined": "closed",
    "canceled": "cancelled",
}
# https://shopify.dev/docs/api/admin-graphql/latest/enums/ReturnReason, and of the library of some 300 reasons
# (https://github.com/Shopify/product-taxonomy, return_reasons) those that say what the contract has a word for; the
# others are about one kind of product, such as "scent", and are other. "-" is written as "_".
RETURN_REASONS = {
    **dict.fromkeys(("color", "color_too_bright", "style", "unwanted", "changed_my_mind"), "changed_mind"),
    **dict.fromkeys(("defective", "damaged_or_defective"), "defective"),
    **dict.fromkeys(("not_as_described", "item_not_as_described", "quality"), "not_as_described"),
    **dict.fromkeys(("wrong_item", "received_the_wrong_item"), "wrong_item"),
    **dict.fromkeys(("reaction", "side_effects"), "allergy"),
    **dict.fromkeys(("size_too_large", "size_too_small", "too_small", "too_big", "too_tight", "too_loose"), "size_fit"),
    **dict.fromkeys(
        ("too_long", "too_short", "too_wide", "too_narrow", "fit", "size", "length", "comfort"), "size_fit"
    ),
    **dict.fromkeys(("waist_too_tight", "waist_too_loose", "cups_too_big", "cups_too_small"), "size_fit"),
    "arrived_late": "late",
    "other": "other",
    "unknown": "unknown",
}
# https://shopify.dev/docs/api/admin-graphql/latest/enums/CustomerEmailMarketingState and CustomerSmsMarketingState.
# INVALID is an address that takes no mail, REDACTED a person whose data were erased: neither may be written to.
CONSENT_STATES = {
    "subscribed": "subscribed",
    "unsubscribed": "unsubscribed",
    "not_subscribed": "never",
    "pending": "pending",
    "invalid": "suppressed",
    "redacted": "suppressed",
}
# https://shopify.dev/docs/api/admin-graphql/latest/enums/ProductStatus
PRODUCT_STATUSES = {"active": "active", "unlisted": "active", "archived": "discontinued", "draft": "draft"}
# A path of https://shopify.github.io/product-taxonomy/, the longer before the shorter, and what a thing of it is. Only
# what is surely used up is a consumable, since a reminder to buy it again would be sent; the rest is our choice.
CATEGORIES = (
    ("Gift Cards", "gift_card"),
    ("Apparel & Accessories", "fashion"),
    ("Food, Beverages & Tobacco > Food Items", "consumable"),
    ("Food, Beverages & Tobacco > Beverages", "consumable"),
    ("Health & Beauty > Personal Care > Cosmetics > Cosmetic Tools", "durable"),
    ("Health & Beauty > Personal Care > Cosmetics", "consumable"),
    ("Animals & Pet Supplies > Pet Supplies > Cat Supplies > Cat Food", "consumable"),
    ("Animals & Pet Supplies > Pet Supplies > Cat Supplies > Cat Litter", "consumable"),
    ("Animals & Pet Supplies > Pet Supplies > Dog Supplies > Dog Food", "consumable"),
    ("Baby & Toddler > Diapering > Diapers", "consumable"),
    ("Baby & Toddler > Diapering > Baby Wipes", "consumable"),
    ("Home & Garden > Household Supplies > Household Cleaning Supplies > Household Cleaning Products", "consumable"),
    ("Home & Garden > Household Supplies > Laundry Supplies > Laundry Detergent", "consumable"),
    ("Furniture", "considered"),
    ("Electronics", "considered"),
    ("Cameras & Optics", "considered"),
    ("Vehicles & Parts", "considered"),
    ("Software", "digital"),
    ("Services", "service"),
    ("Home & Garden", "durable"),
    ("Hardware", "durable"),
    ("Luggage & Bags", "durable"),
    ("Toys & Games", "durable"),
    ("Sporting Goods", "durable"),
)
# Tags are the shop's own words; these are the ones that Shopify's and its best known apps' documentation use.
# Subscription apps tag their orders "Subscription", and the first and the later ones so:
# https://shopify.dev/docs/apps/build/purchase-options/subscriptions/fulfillments/sync-orders-subscriptions
SUBSCRIPTION_TAGS = ("subscription", "subscription first order", "subscription recurring order", "recurring")
PREORDER_TAGS = ("preorder", "pre-order", "pre order")
GIFT_TAGS = ("gift", "gift order", "is-gift")
TEST_TAGS = ("test", "test order", "test-order")
BUSINESS_TAGS = ("wholesale", "b2b", "trade")
LEAVE_ALONE_TAGS = ("do not contact", "do-not-contact", "dnc")
PRODUCT_TYPE_TAG = "product-type:"  # ours: "product-type:consumable" says what Shopify has no field for

_NUMBER = "nullif(ltrim(trim({}), ''''), '')"


def present(expression: str) -> str:
    """Return a text without the white space around it; null where nothing is left."""
    return f"nullif(trim({expression}), '')"


def unquoted(expression: str) -> str:
    """Return an id or a telephone number without the apostrophe of a spreadsheet; null where nothing is left."""
    return _NUMBER.format(expression)


def has_tag(tags: str, words: tuple[str, ...]) -> str:
    """Return true where one of *words* is among *tags* (parted by commas, or JSON), else null: no tag says nothing."""
    listed = ", ".join(map(quoted, words))
    given = f"string_split(regexp_replace({_plain(tags)}, '\\s*,\\s*', ',', 'g'), ',')"
    return f"CASE WHEN list_has_any({given}, [{listed}]) THEN true END"


def _plain(tags: str) -> str:
    return f"lower(trim(translate(coalesce({tags}, ''), '[]\"', '')))"


def is_for_another(own: str, recipient: str, *, own_address: str, address: str) -> str:
    """Return true where an order goes to another person at another address, else null.

    Names that share a word ("Ann Lee", "A. Lee") may be one household, and one's own second address has one's own name:
    only where both the names and the addresses have nothing in common does the parcel count as somebody else's.
    """
    words = "string_split(regexp_replace(strip_accents(lower(trim({}))), '[^\\p{{L}} ]+', '', 'g'), ' ')"
    return (
        f"CASE WHEN NOT list_has_any({words.format(own)}, {words.format(recipient)})"
        f" AND lower({present(own_address)}) <> lower({present(address)}) THEN true END"
    )


def product_type(*, category: str, own_type: str, tags: str, is_gift_card: str) -> str:
    """Return what a product is: by our tag, as a gift card, by a Type that is one of our words, by its category."""
    paths = " ".join(f"WHEN starts_with({category}, {quoted(path)}) THEN {quoted(kind)}" for path, kind in CATEGORIES)
    tag = f"regexp_extract({_plain(tags)}, '(^|,)\\s*{PRODUCT_TYPE_TAG}\\s*([a-z_]+)', 2)"
    words = "'consumable', 'fashion', 'considered', 'durable', 'digital', 'gift_card', 'service'"
    plain_type = f"replace(lower(trim({own_type})), ' ', '_')"
    return (
        f"CASE WHEN {tag} <> '' THEN {tag} WHEN lower({is_gift_card}) = 'true' THEN 'gift_card'"
        f" WHEN {plain_type} IN ({words}) THEN {plain_type}"
        f" WHEN {plain_type} IN ('gift_cards', 'giftcard') THEN 'gift_card' {paths} ELSE 'unknown' END"
    )


def snake(names: tuple[str, ...]) -> str:
    """Return the columns of a CSV file as SQL names: "Lineitem price" is lineitem_price, "Body (HTML)" body_html."""
    return ", ".join(f'"{name}" AS {"_".join("".join(filter(_is_of_a_name, name.lower())).split())}' for name in names)


def _is_of_a_name(letter: str) -> bool:
    return letter.isalnum() or letter in " _"


def leave_alone(is_tagged: str, note: str) -> str:
    """Return why somebody must not be written to: the shop's tag, or what its staff noted; never the note itself."""
    asked = "(do not|don.t|never) (contact|e?-?mail|call|write|message)|no (marketing|contact)"
    grief = "bereave|deceased|passed away|died"
    return (
        f"CASE WHEN {is_tagged} THEN 'do not contact (tag)'"
        f" WHEN regexp_matches(lower({note}), '{asked}') THEN 'do not contact (note)'"
        f" WHEN regexp_matches(lower({note}), '{grief}') THEN 'bereavement (note)' END"
    )
