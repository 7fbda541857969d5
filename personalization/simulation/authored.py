"""What a shop writes down rather than measures: its policies and what each touchpoint says, the same everywhere."""

from datetime import date, datetime, time, timedelta

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
_WORLD_BEGINS_ON = date(2024, 1, 1)
_REVIEWED_EVERY_DAYS = 91  # R20: help that nobody read again for 180 days is out of date
_FORGOTTEN = ("help-desk macros", date(2023, 6, 5))  # the one touchpoint that nobody has reviewed since


def policies_of_world() -> pa.Table:
    """Return the policies of a world that begins in 2024; both are known when it begins."""
    table = _policies([date(2022, 1, 10), date(2023, 9, 4)], [date(2023, 9, 3), None])
    known_at = [datetime.combine(_WORLD_BEGINS_ON, time())] * table.num_rows
    return table.append_column("received_at", pa.array(known_at, type=pa.timestamp("us")))


def touchpoints_of_world(ends_on: int) -> pa.Table:
    """Return the touchpoints of a world, reviewed each quarter but for one; ends_on is its end, days since 1970."""
    end = date(1970, 1, 1) + timedelta(days=ends_on)
    days = max((end - _WORLD_BEGINS_ON).days - 1, 0) // _REVIEWED_EVERY_DAYS * _REVIEWED_EVERY_DAYS
    latest = _WORLD_BEGINS_ON + timedelta(days=days)
    table = _touchpoints(latest)
    reviewed_on = [_FORGOTTEN[1] if name == _FORGOTTEN[0] else latest for name in table["touchpoint"].to_pylist()]
    place = table.column_names.index("last_reviewed_on")
    table = table.set_column(place, "last_reviewed_on", pa.array(reviewed_on))
    known_at = [datetime.combine(max(day, _WORLD_BEGINS_ON), time()) for day in reviewed_on]
    return table.append_column("received_at", pa.array(known_at, type=pa.timestamp("us")))


def policies() -> pa.Table:
    """Return the shop's policies: the present one for returns and the one before it."""
    return _policies([date(2009, 1, 1), date(2010, 6, 1)], [date(2010, 5, 31), None])


def _policies(valid_from_on: list[date], valid_to_on: list[date | None]) -> pa.Table:
    return pa.table(
        {
            "policy_id": ["returns", "returns"],
            "version": ["1", "2"],
            "valid_from_on": pa.array(valid_from_on),
            "valid_to_on": pa.array(valid_to_on, type=pa.date32()),
            "window_days": [14, 30],
            "is_exchange_first": [False, True],
            "refund_sla_days": [21, 14],
            "exclusions": ["opened candles and toiletries", "opened candles and toiletries"],
            "owner": [_OWNER, _OWNER],
        }
    )


def touchpoints() -> pa.Table:
    """Return what each touchpoint tells a customer to do next, by state."""
    return _touchpoints(_REVIEWED_ON)


def _touchpoints(reviewed_on: date) -> pa.Table:
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
            "last_reviewed_on": pa.array([reviewed_on] * len(pairs)),
        }
    )
