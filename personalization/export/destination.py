"""What every destination is to the export: a name, its limits and four functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from personalization.settings import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one batch may hold."""

    batch_messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The messages of one request or file.

    name is derived from the messages' ids and digests. messages has the columns of messages.parquet and ``email``, one
    row a message, ordered by message_id; it is None where only the name is known, as after a crash.
    """

    run_date: date
    name: str
    messages: pa.Table | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a destination said to a batch, by message_id; whatever it does not name was accepted.

    later: surely not accepted, so a later export tries again; why is not kept.
    """

    rejected: Mapping[str, str] = field(default_factory=dict)  # reason code
    unknown: Mapping[str, str] = field(default_factory=dict)  # reason code
    later: frozenset[str] = frozenset()
    vendor_ids: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One way out of the shop.

    send returns when the destination has answered, and raises DestinationUnavailable or DestinationRejected; where
    lets_go_on_error, an error of any kind says that surely nothing of the batch was accepted. has_landed tells of a
    batch whose sending was cut off: true when the destination has it, false when it surely does not, None when nobody
    can tell. is_local tells whether everything stays on this machine, as demo data must. close ends what the
    destination keeps open; whoever made it calls it.
    """

    name: str
    limits: Limits
    send: Callable[[Batch, Shop], Outcome]
    has_landed: Callable[[Batch, Shop], bool | None]
    is_local: Callable[[Shop], bool]
    lets_go_on_error: bool = False
    close: Callable[[], None] = lambda: None
