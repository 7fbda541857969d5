"""Which messages keep their HTML and text for review: a few per variant and locale, the odd ones first.

Only the best of each kind is remembered, so memory does not grow with the number of messages.
"""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass, field

Group = tuple[str, str, str]  # program, variant, locale


@dataclass(slots=True)
class Sample:
    """The messages seen so far that may be reviewed, per group: the extremes, and the smallest message ids."""

    size: int
    extremes: dict[tuple[Group, str], tuple[int, int, int]] = field(default_factory=dict)
    smallest: dict[Group, list[tuple[int, int]]] = field(default_factory=dict)


def note(sample: Sample, group: Group, *, row: int, message_id: str, traits: Mapping[str, int]) -> None:
    """Consider message *row* for review; of each trait the highest counts, ties fall to the smallest message id."""
    order = -int(message_id[:15], 16)
    for trait, value in traits.items():
        if value and (value, order, row) > sample.extremes.get((group, trait), (0, 0, -1)):
            sample.extremes[group, trait] = (value, order, row)
    heap = sample.smallest.setdefault(group, [])
    if len(heap) < sample.size:
        heapq.heappush(heap, (order, row))
    elif heap and (order, row) > heap[0]:
        heapq.heapreplace(heap, (order, row))


def chosen_rows(sample: Sample) -> list[int]:
    """Return the rows to keep, in order: per group first one for each trait, then the smallest message ids."""
    chosen: dict[Group, dict[int, None]] = {group: {} for group in sample.smallest}
    for (group, _), (_, _, row) in sorted(sample.extremes.items()):
        chosen[group][row] = None
    for group, heap in sample.smallest.items():
        for _, row in sorted(heap, reverse=True):
            chosen[group][row] = None
    return sorted(row for rows in chosen.values() for row in list(rows)[: sample.size])
