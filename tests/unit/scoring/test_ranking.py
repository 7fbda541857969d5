"""What is shown to whom, and what never is."""

from tests.unit.scoring.nights import regulars, row, scored

DAY = "2011-10-20 10:00"


def bought(customers: str, skus: str, at: str = DAY, **rest: str):
    """Return the order lines of each of these customers buying each of these products in one order."""
    return [
        {"customer_id": customer, "sku": sku, "placed_at": at, "order_id": f"{customer}-{at}", **rest}
        for customer in customers.split()
        for sku in skus.split()
    ]


def test_a_product_is_suggested_for_what_others_bought_with_it():
    """Three customers bought cup and saucer, so a customer with the cup is led to the saucer, and told by what."""
    candidates = scored([*bought("ann bob cat", "cup saucer"), *bought("dan", "cup")]).candidates

    saucer = row(candidates, customer_id="dan", sku="saucer")
    assert (saucer["source"], saucer["because_sku"], saucer["support"], saucer["is_repeat"]) == (
        "co_purchase",
        "cup",
        3,
        False,
    )
    cup = row(candidates, customer_id="dan", sku="cup")
    assert (cup["source"], cup["because_sku"], cup["support"], cup["is_repeat"]) == ("repeat", None, 0, True)


def test_two_common_customers_are_too_few():
    """Below three common customers a pair is chance: the product comes by popularity, without a reason."""
    candidates = scored([*bought("ann bob", "cup saucer"), *bought("dan", "cup")]).candidates

    saucer = row(candidates, customer_id="dan", sku="saucer")
    assert (saucer["source"], saucer["because_sku"], saucer["support"]) == ("popularity", None, 0)


def test_a_popular_product_is_damped():
    """The bag that everybody buys is not closer to the cup than the saucer that cup buyers buy."""
    everybody = " ".join(f"c{number}" for number in range(30))
    candidates = scored(
        [*bought("ann bob cat", "cup saucer bag"), *bought(everybody, "bag"), *bought("dan", "cup")]
    ).candidates

    ranks = {sku: row(candidates, customer_id="dan", sku=sku)["rank"] for sku in ("saucer", "bag")}
    assert ranks["saucer"] < ranks["bag"]


def test_guests_count_within_one_order_only():
    """Guest orders may lead to the saucer in a shop of guests; two guest orders are never one basket."""
    guests = [
        {"customer_id": None, "sku": sku, "placed_at": DAY, "order_id": f"g{number}"}
        for number in range(5)
        for sku in (("cup", "saucer") if number < 3 else ("spoon", "fork") if number == 3 else ("spoon",))
    ]

    candidates = scored([*guests, *bought("dan", "cup")]).candidates

    assert row(candidates, customer_id="dan", sku="saucer")["support"] == 3
    assert "spoon" not in [record["sku"] for record in candidates.to_pylist() if record["source"] == "co_purchase"]


def test_some_products_are_never_recommended():
    """Returned by this customer, discontinued, a draft, out of stock: neither again nor anew."""
    lines = [
        *bought("ann bob cat", "cup saucer old draft gone"),
        *bought("dan", "cup"),
        *bought("dan", "saucer", is_returned="true"),
        *bought("dan", "saucer", at="2011-09-01 10:00"),
        *bought("fay", "bag"),
        *bought("fay", "cup", is_returned="true"),
        *bought("eve", "old gone"),
    ]
    products = """
    sku    | status       | is_in_stock
    cup    | active       | true
    saucer | active       | -
    old    | discontinued | true
    draft  | draft        | true
    gone   | active       | false
    """

    candidates = scored(lines, products=products).candidates

    shown = {(record["customer_id"], record["sku"]) for record in candidates.to_pylist()}
    assert ("dan", "saucer") not in shown
    assert ("fay", "cup") not in shown
    assert ("eve", "saucer") in shown
    assert not {sku for _, sku in shown} & {"old", "draft", "gone"}


def test_at_most_twenty_of_each_kind():
    """Of 30 products bought and 30 not bought, 20 of each are kept, ranked together from 1 without a gap."""
    mine, other = (" ".join(f"{name}{number:02}" for number in range(30)) for name in ("mine", "other"))
    candidates = scored([*bought("ann bob cat dan", mine), *bought("ann bob cat", other)]).candidates

    of_dan = [record for record in candidates.to_pylist() if record["customer_id"] == "dan"]
    assert sum(record["is_repeat"] for record in of_dan) == 20
    assert sum(not record["is_repeat"] for record in of_dan) == 20
    assert [record["rank"] for record in of_dan] == list(range(1, 41))


def test_equal_scores_rank_by_sku():
    """Three products bought alike have one score, so their order is that of their codes."""
    candidates = scored(bought("ann", "b a c")).candidates

    assert candidates["sku"].to_pylist() == ["a", "b", "c"]
    assert len(set(candidates["score"].to_pylist())) == 1


def test_a_customer_without_orders_for_two_years_is_not_ranked_for():
    """An order 731 days ago is too old, one of 700 days ago gets what is popular, since its products lead nowhere."""
    lines = [
        *bought("old", "cup", at="2009-11-19 10:00"),
        *bought("late", "cup", at="2009-12-21 10:00"),
        *bought("ann", "saucer"),
    ]

    candidates = scored(lines).candidates

    assert row(candidates, customer_id="late", sku="saucer")["source"] == "popularity"
    assert "old" not in candidates["customer_id"].to_pylist()


def test_scores_are_calibrated_once_enough_purchases_were_seen():
    """200 customers who buy every 15 days, last 10 days ago, are nearly sure to buy within the fortnight."""
    lines = regulars(200, every_days=15, times=10)
    lines = [{**line, "placed_at": line["placed_at"].replace("2011-11-01", "2011-11-10")} for line in lines]

    scores = scored(lines).replenishment["buy_probability"].to_pylist()

    assert min(scores) > 0.8
