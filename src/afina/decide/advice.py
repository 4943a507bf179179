"""What a person is told to do: the cheapest way that is not provably worse than the best, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..evaluate.compare import ALPHA
from ..evaluate.statistics import Resampled, holm
from ..evaluate.words import between, candidate_name, direction, duration, metric_name, number, p_told, signed
from ..language import _
from .learning_curve import LearningCurve
from .rules import Rules
from .rung import LeftOut, Rung

__all__ = ["Advice", "Beside", "advise", "beside", "proven"]

#: Ways whose answer is the same whatever the text.
BLIND = ("majority", "mean")
#: Working seconds of a day.
DAY = 8 * 3600


@dataclass(frozen=True)
class Beside:
    """One way beside another on the same rows: metric(a) - metric(b)."""

    a: str
    b: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    """Adjusted for how many there are."""

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def beside(pairs: Sequence[tuple[str, str]], values: Mapping[str, Resampled]) -> list[Beside]:
    """Paired comparisons, their p-values adjusted for their number (Holm 1979)."""
    found = [values[a].minus(values[b]) for a, b in pairs]
    adjusted = holm([one.p for one in found])
    return [
        Beside(a, b, one.difference, one.low, one.high, one.p, p)
        for (a, b), one, p in zip(pairs, found, adjusted, strict=True)
    ]


def proven(one: Beside, primary: str) -> bool:
    """Whether ``a`` is provably better than ``b``."""
    return direction(primary) * one.difference > 0 and one.p_holm < ALPHA


@dataclass(frozen=True)
class Advice:
    """Which way to take, and why."""

    fine_tune: bool
    choice: str
    best: str
    code: str
    """Why: ``worth_it``; or, against fine-tuning, ``too_few_rows``, ``out_of_reach``, ``knowledge_missing``,
    ``changes_too_often`` or ``simpler_ties``."""
    reason: str
    """In the current language."""
    comparisons: list[Beside] = field(default_factory=list)
    """The best with every other, on the development rows."""
    would_change: list[str] = field(default_factory=list)
    """What would change the advice, as sentences."""


def advise(
    rungs: Sequence[Rung], left_out: Sequence[LeftOut], values: Mapping[str, Resampled],
    curve: LearningCurve | None, rules: Rules, *, primary: str, train_rows: int,
) -> Advice:  # fmt: skip
    """The advice from the development rows.

    Args:
        rungs: the cheapest first.
        values: name -> the primary metric, all on the same resamples.
        primary: the metric that decides.
    """
    names, sign = [rung.name for rung in rungs], direction(primary)
    best = max(names, key=lambda name: sign * values[name].value)
    compared = beside([(best, name) for name in names if name != best], values)
    worse = {one.b for one in compared if proven(one, primary)}
    choice = next(rung for rung in rungs if rung.name not in worse)
    simple = next((rung for rung in rungs if rung.name not in worse and not rung.fine_tuned), None)
    told = _Told(rungs, left_out, values, compared, curve, rules, primary, train_rows, best)
    if choice.fine_tuned:
        often = told.too_often(choice)
        if often:
            fallback = max((r.name for r in rungs if not r.fine_tuned), key=lambda n: sign * values[n].value)
            return told.advice(False, fallback, "changes_too_often", often)
        return told.advice(True, choice.name, "worth_it", told.worth_it(choice.name))
    assert simple is not None
    for code, reason in (
        ("too_few_rows", told.too_few(simple.name)),
        ("out_of_reach", told.out_of_reach()),
        ("knowledge_missing", told.knowledge_missing(simple.name)),
        ("simpler_ties", told.simpler_ties(simple.name)),
    ):
        if reason:
            return told.advice(False, simple.name, code, reason)
    raise AssertionError("a simpler way always has its sentence")


@dataclass(frozen=True)
class _Told:
    """The sentences of an advice. A reason that does not hold is empty."""

    rungs: Sequence[Rung]
    left_out: Sequence[LeftOut]
    values: Mapping[str, Resampled]
    compared: Sequence[Beside]
    curve: LearningCurve | None
    rules: Rules
    primary: str
    train_rows: int
    best: str

    def advice(self, fine_tune: bool, choice: str, code: str, reason: str) -> Advice:
        return Advice(
            fine_tune,
            choice,
            self.best,
            code,
            reason,
            list(self.compared),
            self._would_change(fine_tune, choice),
        )

    def worth_it(self, choice: str) -> str:
        if choice == self.best:
            told = _(
                "{choice} is the best on the development rows ({metric} {value}), and everything cheaper is "
                "provably worse."
            )
        else:
            told = _(
                "{choice} is the cheapest that is not provably worse than the best, {best} ({metric} {value}"
                " against {top})."
            )
        return told.format(**self._names(choice))

    def too_few(self, choice: str) -> str:
        """Also where more rows could bring the head on the frozen model past what is chosen."""
        simplest = [one for one in self.compared if one.b == self.rungs[0].name]
        if any(one.code == "too_few_rows" for one in self.left_out) and not any(
            proven(one, self.primary) for one in simplest
        ):
            told = _(
                "there are too few rows to learn from and to prove anything with: {train} training rows, and"
                " {dev} development rows on which not even perfect answers could be proven better."
            )
            return told.format(train=number(self.train_rows), dev=number(self._rows))
        if self.curve is None or choice == "features" or self.curve.gain.low <= 0:
            return ""
        sign, doubled = direction(self.primary), self.curve.doubled
        upper = sign * (doubled.high if sign > 0 else doubled.low)
        if upper < sign * self.values[choice].value + self.rules.least_gain:
            return ""
        told = _(
            "{choice} is enough for {train} training rows; what learns from them is still improving, and "
            "with twice as many a head on the frozen model would reach {metric} {doubled} [{interval}]."
        )
        return told.format(
            train=number(self.train_rows), doubled=number(doubled.value, 3),
            interval=between(doubled.plain()), **self._names(choice),
        )  # fmt: skip

    def out_of_reach(self) -> str:
        """Nothing is provably better than an answer that does not look at the text."""
        blind = [one for one in self.compared if one.b in BLIND]
        if self.best not in BLIND and (not blind or any(proven(one, self.primary) for one in blind)):
            return ""
        return _(
            "no way is provably better than one that does not look at the text: what is asked cannot be "
            "learnt from these rows. Look at the labels, or ask something else."
        )

    def knowledge_missing(self, choice: str) -> str:
        """Looking up wins: what is missing are facts, not a behaviour."""
        if "retrieval" not in choice and choice != "nearest":
            return ""
        told = _(
            "{choice} wins ({metric} {value}): the answers stand in similar rows, so what the model lacks is"
            " knowledge, not a behaviour. Look it up instead of training it in."
        )
        return told.format(**self._names(choice))

    def simpler_ties(self, choice: str) -> str:
        if choice == self.best:
            told = _(
                "{choice} is the best on the development rows ({metric} {value}); nothing dearer that was "
                "tried is better."
            )
        else:
            p = next(one.p_holm for one in self.compared if one.b == choice)
            told = _(
                "{choice} is not provably worse than the best, {best} ({metric} {value} against {top}, {p} "
                "corrected for the number of comparisons)."
            )
            return told.format(p=p_told(p), **self._names(choice))
        return told.format(**self._names(choice))

    def too_often(self, choice: Rung) -> str:
        days = self.rules.refresh_days
        if days is None or self._upkeep(choice) <= days * DAY * self.rules.upkeep:
            return ""
        told = _(
            "{choice} is better, but the data change every {days} days, and labelling {rows} rows and "
            "training again takes {upkeep} of work each time."
        )
        return told.format(
            choice=candidate_name(choice.name), days=number(days), rows=number(self.train_rows),
            upkeep=duration(self._upkeep(choice)),
        )  # fmt: skip

    def _upkeep(self, choice: Rung) -> float:
        """Seconds of labelling and of training again."""
        return self.train_rows * self.rules.label_seconds + choice.seconds

    @property
    def _rows(self) -> int:
        return next(iter(self.values.values())).rows

    def _names(self, choice: str) -> dict[str, str]:
        return {
            "choice": candidate_name(choice),
            "best": candidate_name(self.best),
            "metric": metric_name(self.primary),
            "value": number(self.values[choice].value, 3),
            "top": number(self.values[self.best].value, 3),
        }

    def _would_change(self, fine_tune: bool, choice: str) -> list[str]:
        told = []
        if self.curve is not None:
            text = _(
                "More rows: twice as many would change the head on the frozen model by {gain} {metric} "
                "({interval})."
            )
            told.append(text.format(
                gain=signed(self.curve.gain.value, 3), interval=between(self.curve.gain.plain(), sign=True),
                metric=metric_name(self.primary),
            ))  # fmt: skip
        near = [one for one in self.compared if choice in (one.a, one.b) and one.difference]
        if choice != self.best and near:
            text = _(
                "More development rows: the difference to the best, {difference}, may be real; {rows} rows "
                "cannot prove it."
            )
            told.append(text.format(difference=number(abs(near[0].difference), 3), rows=number(self._rows)))
        budgeted = [candidate_name(one.name) for one in self.left_out if one.code in ("budget", "memory")]
        if budgeted:
            text = _("More time or memory: {names} did not fit and were not tried.")
            told.append(text.format(names=", ".join(budgeted)))
        unpaid = [
            candidate_name(one.name) for one in self.left_out if one.code in ("ceiling", "cannot_repay")
        ]
        if unpaid:
            text = _(
                "A smaller gain that counts: with a least gain below {least}, more ways might be tried "
                "({names})."
            )
            told.append(text.format(least=number(self.rules.least_gain, 3), names=", ".join(unpaid)))
        if fine_tune:
            rung = next(rung for rung in self.rungs if rung.name == choice)
            days = self._upkeep(rung) / (DAY * self.rules.upkeep)
            text = _(
                "Data that change: if the labels have to be made anew more often than every {days} days, its"
                " upkeep is too dear."
            )
            told.append(text.format(days=number(days, 1)))
        return told
