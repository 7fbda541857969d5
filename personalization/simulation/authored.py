"""What a shop writes down rather than measures: its policies and what each touchpoint says, the same everywhere."""

from datetime import date

import pyarrow as pa

_OWNER = "customer-care@regency-gifts.example"
_NEXT_STEPS = {  # state: next step, promise, days, page
    "confirmed": ("wait for the shipping notice", "leaves within two working days", 2, "orders"),
    "in_transit": ("follow the parcel", "arrives within three working days", 3, "tracking"),
    "stalled": ("write to us", "answer within one working day", 1, "help"),
    "delivered": ("unpack and check", "returns within 30 days", 30, "returns"),
    "return_requested": ("send the parcel back", "money back within 14 days of its return", 14, "returns"),
}
_TOUCHPOINTS = ("confirmation page", "emails", "tracking page", "help centre", "help-desk macros")
_REVIEWED_ON = date(2011, 9, 5)


def policies() -> pa.Table:
    """Return the shop's policies: the present one for returns and the one before it."""
    return pa.table(
        {
            "policy_id": ["returns", "returns"],
            "version": ["1", "2"],
            "valid_from_on": pa.array([date(2009, 1, 1), date(2010, 6, 1)]),
            "valid_to_on": pa.array([date(2010, 5, 31), None], type=pa.date32()),
            "window_days": [14, 30],
            "is_exchange_first": [False, True],
            "refund_sla_days": [21, 14],
            "exclusions": ["opened candles and toiletries", "opened candles and toiletries"],
            "owner": [_OWNER, _OWNER],
        }
    )


def touchpoints() -> pa.Table:
    """Return what each touchpoint tells a customer to do next, by state."""
    pairs = [(touchpoint, state) for touchpoint in _TOUCHPOINTS for state in _NEXT_STEPS]
    pairs.sort()
    steps = [_NEXT_STEPS[state] for _, state in pairs]
    return pa.table(
        {
            "touchpoint": [touchpoint for touchpoint, _ in pairs],
            "state": [state for _, state in pairs],
            "next_step": [step for step, _, _, _ in steps],
            "promise": [promise for _, promise, _, _ in steps],
            "days": [days for _, _, days, _ in steps],
            "link": [f"https://regency-gifts.example/{page}" for _, _, _, page in steps],
            "owner": [_OWNER] * len(pairs),
            "last_reviewed_on": pa.array([_REVIEWED_ON] * len(pairs)),
        }
    )
