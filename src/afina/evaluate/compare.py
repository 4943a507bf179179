"""Is the better one better, and is it worth its price? Every candidate on the same rows, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from ..language import _
from . import words
from .metrics.base import Metric, Vector, right
from .statistics import Difference, Interval, Resampled, draws, mcnemar, resample, smallest_detectable

__all__ = ["ALPHA", "Candidate", "Comparison", "Pair", "Result", "Verdict", "compare", "verdict"]

#: A difference is proven below this p.
ALPHA = 0.05
SPLITS = ("dev", "test")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model and its answers."""

    name: str
    dev: Vector
    """(N, …) answers, as the metrics take them: probabilities (N, C) of labels."""
    test: Vector
    """Likewise."""
    seconds: float
    size_bytes: int
    milliseconds_per_row: float | None = None
    """To answer one row after the other; None where it was not timed."""
    texts: tuple[str, ...] = ()
    """Full answers to the test rows that are answered in full, where texts are generated."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one candidate reached."""

    name: str
    dev: Mapping[str, Interval]
    """metric -> value and interval."""
    test: Mapping[str, Interval]
    seconds: float
    size_bytes: int

    def plain(self) -> dict[str, Any]:
        """The metrics on test at the top, those on dev under ``dev``."""
        return {
            **{metric: interval.plain() for metric, interval in self.test.items()},
            "dev": {metric: interval.plain() for metric, interval in self.dev.items()},
            "seconds": self.seconds,
            "size_bytes": self.size_bytes,
        }


@dataclass(frozen=True, slots=True)
class Pair:
    """Two candidates on one metric and split: metric(a) - metric(b), by the paired bootstrap."""

    a: str
    """The more expensive one."""
    b: str
    split: str
    metric: str
    difference: float
    low: float
    high: float
    p: float
    mcnemar_p: float | None
    """Of being equally often right, whatever the metric; None where there are no labels."""

    def plain(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which candidate to take."""

    choice: str
    """The cheapest that is not provably worse than the best, on dev."""
    best: str
    """The best by the primary metric on dev."""
    confirmed: bool
    """Whether the choice is not provably worse than the best on test either."""
    reason: str
    """In the current language."""

    def plain(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every candidate beside every other."""

    rows: tuple[Result, ...]
    """The cheapest first."""
    pairs: tuple[Pair, ...]
    detectable_difference: float | None
    """The smallest difference in accuracy that a paired test on these test rows finds four times in five,
    between the last candidate and the best cheaper one; None where there is only one candidate, and where
    there are no labels."""
    verdict: Verdict

    def plain(self) -> dict[str, Any]:
        return {
            "rows": {row.name: row.plain() for row in self.rows},
            "comparisons": [pair.plain() for pair in self.pairs],
            "detectable_difference": self.detectable_difference,
            "verdict": self.verdict.plain(),
        }


def compare(
    candidates: Sequence[Candidate],
    dev_truth: Vector,
    test_truth: Vector,
    *,
    primary: str,
    metrics: Mapping[str, Metric],
    seed: int,
    resamples: int = 2000,
) -> Comparison:
    """Measures every candidate on the same rows and the same resamples of them.

    Args:
        candidates: at least one, the cheapest first; their names differ.
        dev_truth: (N, C).
        test_truth: (N, C).
        primary: the metric that decides.
        metrics: kind -> metric, with the primary one among them.
        seed: of the resamples.
        resamples: how many.

    Returns:
        Intervals for every metric; pairs on the primary metric, and on accuracy or exact match where it is
        among the metrics; the verdict.
    """
    truth = {"dev": dev_truth, "test": test_truth}
    answers = {"dev": [each.dev for each in candidates], "test": [each.test for each in candidates]}
    names = [each.name for each in candidates]
    measured: dict[tuple[str, str, str], Resampled] = {}
    for split in SPLITS:
        counts = draws(len(truth[split]), resamples, seed)
        for name, predicted in zip(names, answers[split], strict=True):
            for kind, metric in metrics.items():
                measured[split, name, kind] = resample(metric, truth[split], predicted, counts)
    labels, of_labels = metrics[primary].labels, metrics[primary].of_labels
    told = [primary, *(kind for kind in ("accuracy", "exact_match") if kind in metrics and kind != primary)]
    pairs = []
    for split in SPLITS:
        for b, a in combinations(range(len(names)), 2):
            p = None
            if of_labels:
                p = mcnemar(truth[split], answers[split][a], answers[split][b], labels=labels)
            for kind in told:
                found = measured[split, names[a], kind].minus(measured[split, names[b], kind])
                pairs.append(Pair(names[a], names[b], split, kind, **found.plain(), mcnemar_p=p))
    primaries = {split: {name: measured[split, name, primary] for name in names} for split in SPLITS}
    detectable = None
    if len(names) > 1 and of_labels:
        rival = names.index(_best(primaries["dev"], names[:-1], primary))
        disagree = right(test_truth, candidates[-1].test, labels) ^ right(
            test_truth, candidates[rival].test, labels
        )
        detectable = smallest_detectable(len(test_truth), float(disagree.mean()))
    rows = (
        Result(
            each.name,
            {kind: measured["dev", each.name, kind].interval() for kind in metrics},
            {kind: measured["test", each.name, kind].interval() for kind in metrics},
            each.seconds,
            each.size_bytes,
        )
        for each in candidates
    )
    return Comparison(
        tuple(rows), tuple(pairs), detectable, verdict(primaries["dev"], primaries["test"], primary=primary)
    )


def verdict(dev: Mapping[str, Resampled], test: Mapping[str, Resampled], *, primary: str) -> Verdict:
    """The cheapest candidate that is not provably worse than the best.

    The best is the one with the best primary metric on dev (the cheapest of equal ones), and a candidate
    is provably worse when the paired bootstrap on dev gives p < 0.05. The test split has no part in the
    choice: it confirms it, or not. The p-values are not adjusted for the number of candidates.

    Args:
        dev: name -> primary metric on dev, all on the same resamples, the cheapest first.
        test: name -> likewise on test.
        primary: the metric, for the words.
    """
    names = list(dev)
    best = _best(dev, names, primary)
    choice = next(name for name in names if name == best or not _proven(dev[best].minus(dev[name]), primary))
    on_test = test[best].minus(test[choice])
    confirmed = choice == best or not _proven(on_test, primary)
    sentences = [_chosen(choice, best, dev, primary)]
    if choice != best:
        sentences.append(_confirmation(confirmed, best, on_test))
    if len(names) > 1:
        rival = _best(dev, names[:-1], primary)
        sentences.append(_last(names[-1], rival, test[names[-1]].minus(test[rival]), primary))
    return Verdict(choice, best, confirmed, " ".join(sentences))


def _best(values: Mapping[str, Resampled], names: Sequence[str], primary: str) -> str:
    return max(names, key=lambda name: words.direction(primary) * values[name].value)


def _ahead(difference: Difference, primary: str) -> bool:
    """Whether the first of the two is better, proven or not."""
    return words.direction(primary) * difference.difference > 0


def _proven(difference: Difference, primary: str) -> bool:
    """Whether the first of the two is provably better."""
    return _ahead(difference, primary) and difference.p < ALPHA


def _chosen(choice: str, best: str, dev: Mapping[str, Resampled], primary: str) -> str:
    numbers = {
        "choice": words.candidate_name(choice),
        "best": words.candidate_name(best),
        "metric": words.metric_name(primary),
        "value": words.number(dev[choice].value, 3),
    }
    if choice == best:
        if choice == next(iter(dev)):
            return _(
                "{choice} is the cheapest, and nothing is better on the development split ({metric} {value})."
            ).format(**numbers)
        return _(
            "{choice} is the best on the development split ({metric} {value}), and everything cheaper is "
            "provably worse there."
        ).format(**numbers)
    numbers["top"] = words.number(dev[best].value, 3)
    numbers["p"] = words.p_told(dev[best].minus(dev[choice]).p)
    return _(
        "{choice} is the cheapest that is not provably worse than the best on the development split, {best} "
        "({metric} {value} against {top}, {p})."
    ).format(**numbers)


def _confirmation(confirmed: bool, best: str, on_test: Difference) -> str:
    numbers = {"best": words.candidate_name(best), **_numbers(on_test)}
    if confirmed:
        return _(
            "The test split confirms it: the difference is {difference} there [{low}, {high}], {p}."
        ).format(**numbers)
    return _(
        "The test split does not confirm it: {best} is better there by {gap} [{low}, {high}], {p}."
    ).format(**numbers)


def _last(last: str, rival: str, found: Difference, primary: str) -> str:
    numbers = {
        "last": words.candidate_name(last),
        "rival": words.candidate_name(rival),
        "metric": words.metric_name(primary),
        **_numbers(found),
    }
    if found.p >= ALPHA:
        return _(
            "On the test split no difference is proven between {last} and the strongest cheaper one, "
            "{rival}: {difference} {metric} [{low}, {high}], {p}."
        ).format(**numbers)
    if _ahead(found, primary):
        return _(
            "On the test split {last} beats the strongest cheaper one, {rival}, by {gap} {metric} "
            "[{low}, {high}], {p}."
        ).format(**numbers)
    return _(
        "On the test split {last} is worse than the strongest cheaper one, {rival}: {difference} {metric} "
        "[{low}, {high}], {p}."
    ).format(**numbers)


def _numbers(found: Difference) -> dict[str, str]:
    return {
        "difference": words.signed(found.difference, 3),
        "gap": words.number(abs(found.difference), 3),
        "low": words.number(found.low, 3),
        "high": words.number(found.high, 3),
        "p": words.p_told(found.p),
    }
