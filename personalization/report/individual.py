"""How individual the messages of a night are: which parts were chosen from each person's own facts, and from which."""

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

MOST_FACTS = 6  # of a program, told in one row of the report


@dataclass(frozen=True, slots=True, kw_only=True)
class Individual:
    """One program: its messages, how many of them are individual, and the own facts that decided most choices.

    A message is individual where at least INDIVIDUAL_BLOCKS of its parts were chosen from this person's own facts; the
    others are fall-backs, the same for everybody of whom no more is known.
    """

    program: str
    messages: int
    individual: int
    facts: tuple[str, ...]


INDIVIDUAL_BLOCKS = 2  # our choice: one product of their own makes a list, two choices make a message


def individual_messages(messages: pa.Table, choices: pa.Table) -> list[Individual]:
    """Return one row a program.

    messages has program and own_blocks; choices has program, facts (list), and messages: how many it was made for.
    """
    counted = messages.select(["program"]).append_column(
        "individual", pc.cast(pc.greater_equal(messages["own_blocks"], INDIVIDUAL_BLOCKS), pa.int64())
    )
    rows = counted.group_by("program").aggregate([("individual", "sum"), ("individual", "count")]).to_pylist()
    weights: dict[str, dict[str, int]] = {}
    for row in choices.to_pylist():
        for fact in row["facts"]:
            of = weights.setdefault(row["program"], {})
            of[fact] = of.get(fact, 0) + row["messages"]
    return [
        Individual(
            program=row["program"],
            messages=row["individual_count"],
            individual=row["individual_sum"],
            facts=_heaviest(weights.get(row["program"], {})),
        )
        for row in sorted(rows, key=lambda row: str(row["program"]))
    ]


def _heaviest(weights: dict[str, int]) -> tuple[str, ...]:
    return tuple(sorted(weights, key=lambda fact: (-weights[fact], fact))[:MOST_FACTS])
