"""What a person is told to do: the cheapest way that is not provably worse than the best, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..evaluate.statistics import Resampled
from .beside import Beside, beside, beside_best, best_of, proven, worse_of
from .learning_curve import LearningCurve
from .reasons import Reasons
from .rules import Rules
from .rung import LeftOut, Rung
from .texts import Written

__all__ = ["Advice", "advise"]

#: Ways that look up what was asked before, or what documents say.
LOOKING_UP = ("retrieval", "documents", "nearest", "nearest_mean")
#: The name of the answer that looks at no question, beside those of ways.
BLIND = "blind"


@dataclass(frozen=True)
class Advice:
    """Which way to take, and why."""

    fine_tune: bool
    choice: str
    best: str
    """By the metric that decided."""
    code: str
    """Why: ``worth_it``; or, against fine-tuning, ``too_few_rows``, ``out_of_reach``, ``knowledge_missing``,
    ``changes_too_often`` or ``simpler_ties``; ``test_rows`` where only these prove what is better."""
    reason: str
    """In the current language."""
    metric: str
    """What decided: the primary metric, or a metric of generated texts."""
    comparisons: list[Beside] = field(default_factory=list)
    """The best with every other, by that metric on the development rows."""
    would_change: list[str] = field(default_factory=list)
    """What would change the advice, as sentences."""


def advise(
    rungs: Sequence[Rung], left_out: Sequence[LeftOut], values: Mapping[str, Resampled],
    curve: LearningCurve | None, rules: Rules, *, primary: str, train_rows: int, least_gain: float,
    written: Written | None = None,
) -> Advice:  # fmt: skip
    """The advice from the development rows.

    Args:
        rungs: the cheapest first.
        values: name -> the primary metric, all on the same resamples.
        primary: the metric that decides, unless texts do.
        least_gain: in units of that metric.
        written: what the ways wrote, where they wrote and enough rows were answered to prove anything.
    """
    names = [rung.name for rung in rungs]
    best = best_of(names, values, primary)
    compared = beside_best(names, values, primary)
    worse = worse_of(compared, primary)
    choice = next(rung for rung in rungs if rung.name not in worse)
    reasons = Reasons(rungs, left_out, values, compared, curve, rules, least_gain, primary, train_rows, best)
    found = None if written is None else _by_texts(rungs, written, reasons, choice)
    if found is not None:
        return found

    def advice(fine_tune: bool, name: str, code: str, reason: str) -> Advice:
        changes = reasons.would_change(fine_tune, name)
        return Advice(fine_tune, name, best, code, reason, primary, compared, changes)

    if choice.fine_tuned:
        often = reasons.too_often(choice)
        if often:
            simple = best_of([r.name for r in rungs if not r.fine_tuned], values, primary)
            return advice(False, simple, "changes_too_often", often)
        return advice(True, choice.name, "worth_it", reasons.worth_it(choice.name))
    name = choice.name
    writers = _outwriting(rungs, written, name) if written else []
    missing = name in LOOKING_UP and not writers
    for code, reason in (
        ("too_few_rows", reasons.too_few(name)),
        ("out_of_reach", reasons.out_of_reach()),
        ("knowledge_missing", reasons.knowledge_missing(name) if missing else ""),
    ):
        if reason:
            return advice(False, name, code, reason)
    ties = advice(False, name, "simpler_ties", reasons.simpler_ties(name))
    if written and writers:
        ties.would_change.insert(0, reasons.otherwise_by_texts(written, writers))
    return ties


def _outwriting(rungs: Sequence[Rung], written: Written, name: str) -> list[str]:
    """The fine-tuned ways that write provably better texts than ``name``."""
    pairs = [(rung.name, name) for rung in rungs if rung.fine_tuned]
    return [one.a for one in beside(pairs, written.values) if proven(one, written.metric)]


def _by_texts(rungs: Sequence[Rung], written: Written, reasons: Reasons, choice: Rung) -> Advice | None:
    """What the texts say against fine-tuning; None where they say nothing against it.

    Args:
        choice: the way to take by the primary metric.
    """
    metric, values = written.metric, written.values
    names = [rung.name for rung in rungs]
    best = best_of(names, values, metric)
    compared = beside_best(names, values, metric)
    worse = worse_of(compared, metric)
    simple = [rung.name for rung in rungs if not rung.fine_tuned]
    # The cheapest that is not provably worse; the best one where all of them are.
    cheapest = next((name for name in simple if name not in worse), best_of(simple, values, metric))
    blind = beside([(name, BLIND) for name in names], {**values, BLIND: written.blind})
    elsewhere = {name for name in names if name not in LOOKING_UP}

    def advice(name: str, code: str, reason: str) -> Advice:
        changes = reasons.would_change_texts(name, choice.name, metric)
        return Advice(False, name, best, code, reason, metric, compared, changes)

    if not any(proven(one, metric) for one in blind):
        return advice(cheapest, "out_of_reach", reasons.nothing_right(written, best))
    if elsewhere <= worse:
        return advice(best, "knowledge_missing", reasons.looked_up(written, best, elsewhere))
    tuned = set(names) - set(simple)
    if choice.fine_tuned and tuned <= worse:
        better = reasons.written_better(written, best, tuned, cheapest)
        return advice(cheapest, "simpler_ties", better)
    return None
