"""How the customers of the simulated world buy: every rate with where it comes from. T numbers are the thresholds'.

Shares are 0 to 1; tuples without a comment of their own are quantiles at equally spaced probabilities. What has no
source is our choice, small enough to leave the shop healthy and large enough that 10,000 customers show each case.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """Where a share of the customers live; tax is what the checkout adds (standard rates of 2024, per cent)."""

    code: str
    share: float
    locale: str
    timezone: str
    tax_percent: int
    first_names: tuple[str, ...]


_BRITISH = (
    "Amelia",
    "Oliver",
    "Priya",
    "Harry",
    "Chloe",
    "Mohammed",
    "Grace",
    "Jack",
    "Sofia",
    "Aisha",
    "Rhys",
    "Niamh",
)
_GERMAN = ("Anna", "Lukas", "Lena", "Felix", "Jürgen", "Ayşe", "Jonas", "Mia", "Paul", "Käthe")
_FRENCH = ("Camille", "Hugo", "Léa", "Louis", "Zoé", "Nathan", "Inès", "Jules", "Chloé", "Adam")
_AMERICAN = ("Emma", "Liam", "Olivia", "Noah", "Ava", "Mateo", "Luna", "Ethan", "Camila", "James")

# A British shop that also sends abroad; the United States are there once for each of their time zones.
_COUNTRIES = (
    Country(code="GB", share=0.78, locale="en_GB", timezone="Europe/London", tax_percent=20, first_names=_BRITISH),
    Country(code="DE", share=0.06, locale="de_DE", timezone="Europe/Berlin", tax_percent=19, first_names=_GERMAN),
    Country(code="FR", share=0.05, locale="fr_FR", timezone="Europe/Paris", tax_percent=20, first_names=_FRENCH),
    Country(code="IE", share=0.04, locale="en_IE", timezone="Europe/Dublin", tax_percent=23, first_names=_BRITISH),
    Country(code="US", share=0.03, locale="en_US", timezone="America/New_York", tax_percent=0, first_names=_AMERICAN),
    Country(code="US", share=0.02, locale="en_US", timezone="America/Chicago", tax_percent=0, first_names=_AMERICAN),
    Country(
        code="US", share=0.02, locale="en_US", timezone="America/Los_Angeles", tax_percent=0, first_names=_AMERICAN
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseParameters:
    """The rates of what people buy and when."""

    countries: tuple[Country, ...] = _COUNTRIES
    currency: str = "GBP"

    # When people come: our choice. Weights of Monday to Sunday and of January to December, and the peak season.
    weekday_weights: tuple[float, ...] = (1.10, 1.05, 1.00, 1.00, 0.92, 0.83, 1.10)
    month_weights: tuple[float, ...] = (0.92, 0.88, 0.92, 0.92, 0.95, 0.93, 0.90, 0.90, 0.97, 1.02, 1.20, 1.25)
    black_friday_weight: float = 5.0  # times the usual day; Black Friday alone
    cyber_week_weight: float = 2.8  # the week from the day after Black Friday
    advent_weight: float = 1.7  # from then to 14 December
    hours: tuple[float, ...] = (0.1, 7.5, 9.5, 11.5, 13, 15, 17.5, 19.5, 20.8, 22, 23.9)
    known_before_share: float = 0.30  # had an account before the world begins
    known_before_days: float = 700

    # How often: T5, a cohort repeat rate of about 28 %, 18.8 % with a second order within twelve months among 156,000
    # customers of brands that sell direct. Of the repeaters some lapse soon and some stay; heavy-tailed.
    repeater_share: float = 0.29
    gap_days: tuple[float, ...] = (14, 32, 55, 85, 120, 170, 240, 380, 700)  # a person's mean between two visits
    gap_spread: tuple[float, ...] = (0.05, 0.12, 0.28, 0.45, 0.65, 0.9, 1.2, 1.6, 2.3, 3.6)  # one gap over the mean
    lapse_share: float = 0.10  # after each visit
    basket_lines: tuple[float, ...] = (0.50, 0.27, 0.13, 0.06, 0.04)  # shares of one, two … five lines
    home_theme_share: float = 0.65  # of visits: the person's own field of interest, so that affinity can be found
    companion_share: float = 0.35  # of considered goods: bought with what they need to run
    qty_shares: tuple[float, ...] = (0.82, 0.14, 0.04)  # one, two, three of a line

    # Replenishment: our choice; the spread between people is that of the field's renewal models, about a factor two.
    rhythm_shares: tuple[float, ...] = (0.42, 0.38, 0.15, 0.05)  # of repeaters: none, one, two, three products
    personal_pace: tuple[float, ...] = (0.55, 0.75, 0.88, 1.0, 1.15, 1.4, 1.9)  # a person's cycle over the product's
    pace_jitter: tuple[float, ...] = (0.75, 0.9, 0.97, 1.03, 1.1, 1.3)  # one cycle over the person's
    rhythm_qty_shares: tuple[float, ...] = (0.74, 0.21, 0.05)  # two units last twice as long
    rhythm_lapse_share: float = 0.07  # at each purchase
    brand_switch_share: float = 0.02  # at each purchase
    subscription_share: float = 0.06  # of rhythms: sent by itself, in the exact cycle

    # Money: our choice.
    peak_discount_percent: int = 20
    peak_discount_share: float = 0.6  # of orders from Black Friday to Cyber Monday
    welcome_percent: int = 10
    welcome_share: float = 0.25  # of first orders
    coupon_percent: int = 10
    coupon_share: float = 0.08  # of later ones
    free_shipping_from_cents: int = 4000
    shipping_cents: int = 395
    shipping_abroad_cents: int = 995

    # The exceptions by name, our choice; the share is of orders unless said otherwise.
    guest_share: float = 0.08  # of people: never get an account, so their orders have no customer
    guest_registered_share: float = 0.015  # of people: bought as a guest, registered later
    guest_merged_share: float = 0.6  # of those: the shop joined both accounts; the others have one address in two cases
    merged_customer_share: float = 0.010  # of people: had two accounts for a while
    shared_mailbox_share: float = 0.02  # of people with odd numbers: use the address of the one before, if a customer
    no_email_share: float = 0.01  # of accounts: ordered by phone
    do_not_contact_share: float = 0.002  # of accounts
    b2b_share: float = 0.012  # of people
    gift_share: float = 0.02
    gift_peak_share: float = 0.07  # from Black Friday to Christmas
    cancelled_share: float = 0.02
    address_change_share: float = 0.008
    test_share: float = 0.001
    preorder_share: float = 0.006
    digital_share: float = 0.03  # of baskets: a course or a gift card beside the rest
    bundle_share: float = 0.025  # of baskets: begin with a bundle
    unknown_share: float = 0.01  # of baskets: a thing whose kind the shop never said
    discontinued_share: float = 0.03  # of products, over four years
    out_of_stock_share: float = 0.35  # of products: one gap in a year, of out_of_stock_days
    out_of_stock_days: tuple[float, ...] = (3, 6, 10, 16, 30)

    # Beside the orders: our choice.
    viewed_share: float = 0.4  # of lines: looked at before
    carted_share: float = 0.2
    browsed_share: float = 0.3  # of orders: something else was looked at and not bought
    loyalty_share: float = 0.35  # of accounts
    preference_share: float = 0.08  # of accounts


PURCHASES = PurchaseParameters()
