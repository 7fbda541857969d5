"""The back-test of what was learned, on the newest fortnight, against the explainable score on the same rows.

Neither side was fitted on that fortnight. Learned is used what is surely better, by the lower end of a 95 % interval
over customers, and whose probabilities hold: calibration error at most 0.01, or at most that of the explainable. Drift
shows here too: what no longer fits what customers do is not surely better.
"""

from dataclasses import dataclass

import numpy as np

from personalization.scoring.arrays import Flags, Floats, Ints, group_rank, rounded, sums

JUDGED_FIRST = 10  # products of each customer that are judged
LARGEST_ERROR = 0.01  # of calibration
BINS = 10
CONFIDENCE = 1.959963984540054  # standard errors: the 95 % interval of a normal distribution
_LEAST_CHANCE = 1e-6  # what is said to be impossible costs this much where it happens


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the back-test found of one of the learned scores; the figures are null where there was too little to fit.

    share is of purchases in the fortnight. Of the ranker, the mean over customers who bought of those among their first
    ten candidates; of reordering, those among the likeliest pairs, of which as many are taken as were bought. gain_low
    is the lower end of the interval: of the gain in that share for the ranker, in log-likelihood a pair for reordering.
    calibration_error is over all candidates, or all pairs.
    """

    is_better: bool
    why: str
    customers_judged: int = 0
    share_learned: float | None = None
    share_explainable: float | None = None
    gain_low: float | None = None
    calibration_error_learned: float | None = None
    calibration_error_explainable: float | None = None


def unjudged(why: str) -> Judgement:
    """Return the judgement where nothing could be fitted."""
    return Judgement(is_better=False, why=f"too little to learn from: {why}")


def judge_ranker(
    customer: Ints, product: Ints, is_hit: Flags, buyers: Ints, *, learned: Floats, explainable: Floats
) -> Judgement:
    """Judge two scores of the same candidates, ascending by customer; buyers: the customer of each purchase."""
    shares = [_first_share(customer, product, is_hit, buyers, chance=chance) for chance in (learned, explainable)]
    found, usual = (float(share.mean()) if len(share) else 0.0 for share in shares)
    told = (
        f"{found:.1%} of what {len(shares[0]):,} customers bought in the last fortnight was among their first "
        f"{JUDGED_FIRST}, {usual:.1%} by the explainable score"
    )
    return _judged(told, shares[0] - shares[1], is_hit, found=found, usual=usual, chances=(learned, explainable))


def judge_reorder(customer: Ints, is_hit: Flags, *, learned: Floats, explainable: Floats) -> Judgement:
    """Judge two probabilities that the same pairs are bought again."""
    gains = _log_likelihood(learned, is_hit) - _log_likelihood(explainable, is_hit)
    found, usual = (_likeliest_share(chance, is_hit) for chance in (learned, explainable))
    told = (
        f"of {int(is_hit.sum()):,} products that were bought again in the last fortnight {found:.1%} were among as "
        f"many likeliest, {usual:.1%} by the explainable score"
    )
    # One customer's pairs are bought together: they are one observation.
    people, of_person = np.unique(customer, return_inverse=True)
    gain = sums(gains, of_person, len(people)) / (len(gains) / max(len(people), 1)) if len(gains) else gains
    return _judged(told, gain, is_hit, found=found, usual=usual, chances=(learned, explainable))


def _judged(
    told: str, gain: Floats, is_hit: Flags, *, found: float, usual: float, chances: tuple[Floats, Floats]
) -> Judgement:
    """Return the verdict; gain: by customer, positive where what was learned is better."""
    low = float(gain.mean() - CONFIDENCE * gain.std(ddof=1) / np.sqrt(len(gain))) if len(gain) > 1 else -1.0
    error, usual_error = (calibration_error(chance, is_hit) for chance in chances)
    is_better, why = True, told
    if low <= 0:
        is_better, why = False, f"not surely better: {told}"
    elif error > max(LARGEST_ERROR, usual_error):
        is_better = False
        why = f"its probabilities are off by {error:.1%} on average (at most {LARGEST_ERROR:.0%}): {told}"
    return Judgement(
        is_better=is_better,
        why=why,
        customers_judged=len(gain),
        share_learned=_told(found),
        share_explainable=_told(usual),
        gain_low=_told(low),
        calibration_error_learned=_told(error),
        calibration_error_explainable=_told(usual_error),
    )


def _first_share(customer: Ints, product: Ints, is_hit: Flags, buyers: Ints, *, chance: Floats) -> Floats:
    """Return for each customer who bought, in their order, the share of it among their first ten candidates."""
    first = group_rank(customer, np.lexsort((product, -rounded(chance), customer))) <= JUDGED_FIRST
    who, purchases = np.unique(buyers, return_counts=True)
    hits = np.bincount(customer[first], weights=is_hit[first], minlength=int(who.max(initial=-1)) + 1)
    return np.asarray(hits[who] / purchases, dtype=np.float64)


def _likeliest_share(chance: Floats, is_hit: Flags) -> float:
    bought = int(is_hit.sum())
    likeliest = np.argsort(-rounded(chance), kind="stable")[:bought]
    return float(is_hit[likeliest].mean()) if bought else 0.0


def _log_likelihood(chance: Floats, is_hit: Flags) -> Floats:
    kept = np.clip(chance, _LEAST_CHANCE, 1 - _LEAST_CHANCE)
    return np.where(is_hit, np.log(kept), np.log1p(-kept))


def calibration_error(chance: Floats, is_hit: Flags) -> float:
    """Return the expected calibration error: mean distance of chance and share, over ten bins of as many candidates."""
    bins = np.array_split(np.argsort(chance, kind="stable"), BINS)
    gaps = [len(part) * abs(float(chance[part].mean() - is_hit[part].mean())) for part in bins if len(part)]
    return sum(gaps) / max(len(chance), 1)


def _told(figure: float) -> float:
    return round(figure, 6)
