"""When a customer needs a product again, and what that rests on."""

from datetime import date

from tests.lib.tables import rows
from tests.unit.scoring.nights import regulars, row, scored

EVERY_30_DAYS = """
customer_id | sku    | qty | placed_at        | delivered_at
ann         | coffee | 1   | 2011-08-01 10:00 | 2011-08-01 18:00
ann         | coffee | 1   | 2011-08-31 10:00 | 2011-08-31 18:00
ann         | coffee | 1   | 2011-09-30 10:00 | 2011-09-30 18:00
ann         | coffee | 1   | 2011-10-30 10:00 | 2011-11-03 18:00
"""


def test_a_supply_starts_when_the_parcel_arrives():
    """Four purchases 30 days apart and a last parcel that took four days: due 30 days after it arrived."""
    coffee = row(scored(EVERY_30_DAYS).replenishment, sku="coffee")

    assert coffee["basis"] == "personal"
    assert coffee["purchases"] == 4
    assert coffee["supply_from_on"] == date(2011, 11, 3)
    assert coffee["last_bought_on"] == date(2011, 10, 30)
    assert coffee["interval_days"] == 30.0
    assert coffee["due_on"] == date(2011, 12, 3)
    assert coffee["due_on_early"] < coffee["due_on"] < coffee["due_on_late"]


def test_a_supply_starts_with_the_order_where_delivery_is_unknown():
    """Without tracking the day of the order stands in for the day of arrival."""
    coffee = row(scored(EVERY_30_DAYS.replace("2011-11-03 18:00", "-")).replenishment, sku="coffee")

    assert coffee["supply_from_on"] == date(2011, 10, 30)


def test_two_units_last_twice_as_long():
    """Where the shop's own gaps say nothing about quantity, twice the units last twice the days."""
    twice = EVERY_30_DAYS.replace("1   | 2011-10-30", "2   | 2011-10-30")

    assert row(scored(twice).replenishment, sku="coffee")["interval_days"] == 60.0


def test_lines_of_one_day_are_one_purchase():
    """Two orders of a day are one purchase of their units together, not a gap of no days."""
    coffee = row(
        scored("""
        customer_id | sku    | qty | placed_at
        ann         | coffee | 1   | 2011-10-30 10:00
        ann         | coffee | 2   | 2011-10-30 15:00
        """).replenishment,
        sku="coffee",
    )

    assert (coffee["purchases"], coffee["supply_units"]) == (1, 3)


def test_returned_lines_are_no_purchases():
    """What was sent back was not used up: it neither makes a gap nor starts a supply."""
    lines = """
    customer_id | sku    | placed_at        | is_returned
    ann         | coffee | 2011-09-01 10:00 | false
    ann         | coffee | 2011-10-01 10:00 | true
    ann         | tea    | 2011-10-01 10:00 | true
    """

    table = scored(lines).replenishment

    assert table["sku"].to_pylist() == ["coffee"]
    assert row(table, sku="coffee")["purchases"] == 1


def test_the_ladder_of_bases():
    """Personal from three purchases, product and category from 40 repurchasers, then authored days, then silence."""
    lines = [
        *regulars(40, sku="coffee", times=2),
        *regulars(39, sku="filter", times=2),
        *[
            {"customer_id": "ann", "sku": sku, "placed_at": "2011-11-01 10:00"}
            for sku in ("coffee", "filter", "soap", "vase", "mug")
        ],
        *[{"customer_id": "bob", "sku": "soap", "placed_at": f"2011-{month}-01 10:00"} for month in ("09", "10", "11")],
    ]
    products = """
    sku    | category  | days_of_supply
    coffee | kitchen   | -
    filter | coffeebar | 50
    mug    | kitchen   | -
    soap   | -         | 45
    vase   | -         | -
    """

    table = scored(lines, products=products).replenishment

    bases = {
        sku: row(table, customer_id="ann", sku=sku)["basis"] for sku in ("coffee", "mug", "filter", "soap", "vase")
    }
    assert bases == {"coffee": "product", "mug": "category", "filter": "authored", "soap": "authored", "vase": None}
    assert row(table, customer_id="bob", sku="soap")["basis"] == "personal"
    assert row(table, customer_id="ann", sku="soap")["due_on"] == date(2011, 12, 16)
    silent = row(table, customer_id="ann", sku="vase")
    assert (silent["due_on"], silent["due_on_early"], silent["interval_days"]) == (None, None, None)


def test_authored_days_count_for_each_unit():
    """45 days of supply a unit and three units: due 135 days after the order."""
    lines = """
    customer_id | sku  | qty | placed_at
    ann         | soap | 3   | 2011-11-01 10:00
    """

    soap = row(scored(lines, products="sku | days_of_supply\nsoap | 45").replenishment, sku="soap")

    assert soap["interval_days"] == 135.0
    assert soap["due_on"] == date(2012, 3, 15)


def test_a_personal_interval_is_shrunk_towards_the_product():
    """A customer who buys every 10 days among many who buy every 40 is expected later than in 10, sooner than in 40."""
    lines = [*regulars(60, every_days=40), *regulars(1, every_days=10)]
    lines[-3:] = [{**line, "customer_id": "ann"} for line in lines[-3:]]

    interval = row(scored(lines).replenishment, customer_id="ann")["interval_days"]

    assert 10 < interval < 40


def test_subscriptions_are_never_reminded():
    """A subscription brings the next one by itself; its gaps say nothing about how long a supply lasts."""
    lines = """
    order_id | customer_id | sku    | placed_at
    s1       | ann         | coffee | 2011-09-01 10:00
    s2       | ann         | coffee | 2011-10-01 10:00
    s3       | ann         | coffee | 2011-11-01 10:00
    """
    orders = "order_id | customer_id | is_subscription\ns1 | ann | true\ns2 | ann | true\ns3 | ann | true"

    products = "sku | days_of_supply\ncoffee | 30"

    coffee = row(scored(lines, orders=orders, products=products).replenishment, sku="coffee")

    assert (coffee["basis"], coffee["due_on"], coffee["purchases"]) == (None, None, 3)


def test_a_bundle_supplies_its_parts():
    """Whoever buys the hamper has coffee again: the coffee's supply starts with it."""
    lines = """
    customer_id | sku    | placed_at
    ann         | coffee | 2011-09-01 10:00
    ann         | hamper | 2011-11-01 10:00
    """

    table = scored(lines, products="sku | bundle_of\ncoffee | -\nhamper | coffee,tea").replenishment

    assert row(table, sku="coffee")["last_bought_on"] == date(2011, 11, 1)
    assert row(table, sku="tea")["purchases"] == 1
    assert row(table, sku="hamper")["purchases"] == 1


def test_only_the_last_365_days_are_scored():
    """A product last bought 366 days ago has no row; one bought 364 days ago has."""
    lines = """
    customer_id | sku  | placed_at
    ann         | tea  | 2010-11-19 10:00
    ann         | soap | 2010-11-21 10:00
    """

    assert scored(lines).replenishment["sku"].to_pylist() == ["soap"]


def test_a_purchase_is_likelier_when_the_supply_runs_out():
    """Of two alike customers the one whose 30 days are over is likelier to buy than the one who bought this week."""
    lines = [
        *regulars(5),
        *[
            {"customer_id": "due", "sku": "coffee", "placed_at": f"2011-{day} 10:00"}
            for day in ("08-24", "09-23", "10-23")
        ],
        *[
            {"customer_id": "early", "sku": "coffee", "placed_at": f"2011-{day} 10:00"}
            for day in ("09-19", "10-19", "11-18")
        ],
    ]

    table = scored(lines).replenishment

    chance = {customer: row(table, customer_id=customer)["buy_probability"] for customer in ("due", "early")}
    assert chance["due"] > chance["early"] > 0


def test_observed_gaps_stand_as_they_were():
    """The median and the middle half run from order to order, unshrunk, whatever the parcels and units were."""
    lines = """
    customer_id | sku    | qty | placed_at        | delivered_at
    ann         | coffee | 1   | 2011-07-01 10:00 | 2011-07-20 18:00
    ann         | coffee | 5   | 2011-07-31 10:00 | 2011-08-09 18:00
    ann         | coffee | 1   | 2011-08-20 10:00 | 2011-08-21 18:00
    ann         | coffee | 1   | 2011-09-29 10:00 | 2011-09-30 18:00
    ann         | coffee | 2   | 2011-11-18 10:00 | -
    """

    coffee = row(scored([*regulars(50, every_days=10), *rows(lines)]).replenishment, customer_id="ann")

    assert (coffee["gap_low_days"], coffee["usual_gap_days"], coffee["gap_high_days"]) == (20, 35, 50)


def test_no_gaps_stand_where_none_were_observed():
    """Authored days of supply and silence rest on no purchases."""
    lines = "customer_id | sku | placed_at\nann | soap | 2011-11-01 10:00\nann | vase | 2011-11-01 10:00"

    table = scored(lines, products="sku | days_of_supply\nsoap | 45").replenishment

    assert table["basis"].to_pylist() == ["authored", None]
    assert (
        table.select(["usual_gap_days", "gap_low_days", "gap_high_days"]).to_pylist()
        == [{"usual_gap_days": None, "gap_low_days": None, "gap_high_days": None}] * 2
    )
