"""Which person a landed row is about, as a key that is the same wherever the same words stand."""

_KINDS = {"orders": "order", "tickets": "writer"}  # every other mention is the profile of a person
PEOPLE = ("customers", "orders", "tickets", "consents", "messages", "browsing_events", "loyalty", "preferences")


def kind_of(table: str) -> str:
    """Return what kind of mention the rows of a table are: order, writer or profile."""
    return _KINDS.get(table, "profile")


def email_of(table: str, alias: str) -> str:
    """Return the SQL of the address that a row of *table*, called *alias*, names."""
    return f"coalesce({alias}._email, {alias}.email)" if table == "customers" else f"{alias}._email"


def phone_of(table: str, alias: str) -> str:
    """Return the SQL of the telephone number that a row of *table*, called *alias*, names."""
    return f"coalesce({alias}._phone, {alias}.phone)" if table == "customers" else f"{alias}._phone"


def mention_key(table: str, alias: str) -> str:
    """Return the SQL of the key under which a row's person is looked up; of an order only what joins counts."""
    own = f"{alias}.customer_id" if kind_of(table) == "profile" else "NULL"
    parts = (own, f"{alias}._person_id", f"lower({email_of(table, alias)})", phone_of(table, alias))
    cells = ", ".join(f"coalesce({part}, '')" for part in (*parts, f"lower({alias}._name)"))
    return f"md5(concat_ws(chr(31), '{kind_of(table)}', {alias}._system, {cells}))"
