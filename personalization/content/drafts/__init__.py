"""From a decision's facts to what a message may say: one module per program, each with its brief."""

from personalization.content.drafts import (
    claim_follow_up,
    cross_sell,
    delay_notice,
    exchange_follow_up,
    loyalty,
    not_received_help,
    onboarding,
    partial_delivery,
    replenishment,
    win_back,
)
from personalization.content.drafts.brief import MOST_ITEMS, Brief, Case, Choice, Draft, Reason
from personalization.content.drafts.onboarding import FALLBACK_TYPE

__all__ = ["BRIEFS", "FALLBACK_TYPE", "MOST_ITEMS", "Brief", "Case", "Choice", "Draft", "Reason"]

BRIEFS: dict[str, Brief] = {
    "onboarding": onboarding.BRIEF,
    "replenishment": replenishment.BRIEF,
    "cross_sell": cross_sell.BRIEF,
    "win_back": win_back.BRIEF,
    "loyalty": loyalty.BRIEF,
    "exchange_follow_up": exchange_follow_up.BRIEF,
    "claim_follow_up": claim_follow_up.BRIEF,
    "delay_notice": delay_notice.BRIEF,
    "partial_delivery": partial_delivery.BRIEF,
    "not_received_help": not_received_help.BRIEF,
}
"""The brief of each program; onboarding's templates have further variants, by product type."""
