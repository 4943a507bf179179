"""The sentences of an advice."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..evaluate.statistics import Resampled
from ..evaluate.words import (
    between,
    candidate_name,
    changed,
    direction,
    duration,
    metric_name,
    metric_told,
    number,
    p_told,
    signed,
)
from ..language import _
from .beside import Beside, best_of, proven
from .learning_curve import LearningCurve
from .rules import Rules
from .rung import LeftOut, Rung
from .texts import Written

__all__ = ["Reasons"]

#: Ways whose answer is the same whatever the text.
BLIND = ("majority", "mean")
#: Working seconds of a day.
DAY = 8 * 3600


@dataclass(frozen=True)
class Reasons:
    """Why a way is recommended, and what would change that. A reason that does not hold is empty."""

    rungs: Sequence[Rung]
    left_out: Sequence[LeftOut]
    values: Mapping[str, Resampled]
    compared: Sequence[Beside]
    curve: LearningCurve | None
    rules: Rules
    least_gain: float
    """In units of the primary metric."""
    primary: str
    train_rows: int
    best: str

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
        # A curve never falls, so that its gain alone proves nothing: it has to count.
        if self.curve.gain.value < self.least_gain:
            return ""
        sign, doubled = direction(self.primary), self.curve.doubled
        upper = sign * (doubled.high if sign > 0 else doubled.low)
        if upper < sign * self.values[choice].value + self.least_gain:
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
        told = _(
            "{choice} wins ({metric} {value}): the answers stand in what it looks up, so what the model "
            "lacks is knowledge, not a behaviour. Look it up instead of training it in."
        )
        return told.format(**self._names(choice))

    def simpler_ties(self, choice: str) -> str:
        if choice == self.best:
            told = _(
                "{choice} is the best on the development rows ({metric} {value}); nothing dearer that was "
                "tried is better."
            ).format(**self._names(choice))
        else:
            p = next(one.p_holm for one in self.compared if one.b == choice)
            told = _(
                "{choice} is not provably worse than the best, {best} ({metric} {value} against {top}, {p} "
                "corrected for the number of comparisons)."
            )
            told = told.format(p=p_told(p), **self._names(choice))
        return told

    def nothing_right(self, written: Written, best: str) -> str:
        """No text is provably better than one answer to everything."""
        told = _(
            "no way gives provably better answers than one and the same answer to everything, the most "
            "frequent one of the training rows ({metric}: {best} {value} at best, against {blind}). Nothing "
            "shows that these rows teach what is asked: look at the answers, or ask something else."
        )
        return told.format(
            metric=metric_name(written.metric), best=candidate_name(best),
            value=number(written.values[best].value, 3), blind=number(written.blind.value, 3),
        )  # fmt: skip

    def looked_up(self, written: Written, best: str, others: Collection[str]) -> str:
        """The texts of a way that looks up are provably better than those of all ``others``."""
        told = _(
            "{choice} gives provably better answers than every way that looks nothing up ({metric} {value}; "
            "the best of those is {other} with {top}): the answers stand in what it looks up, so what the "
            "model lacks is knowledge, not a behaviour. Look it up instead of training it in."
        )
        return told.format(**self._texts(written, best, others))

    def written_better(self, written: Written, best: str, tuned: Collection[str], choice: str) -> str:
        """The texts of every fine-tuned way are provably worse than those of ``best``, which is none."""
        told = _(
            "every fine-tuned way that was tried gives provably worse answers than {choice} ({metric} "
            "{value}; the best of those is {other} with {top})."
        ).format(**self._texts(written, best, tuned))
        if choice == best:
            return told
        cheapest = _("{choice} is the cheapest whose answers are not provably worse than those.")
        return told + " " + cheapest.format(choice=candidate_name(choice))

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

    def _texts(self, written: Written, best: str, others: Collection[str]) -> dict[str, str]:
        names = [rung.name for rung in self.rungs if rung.name in others]
        other = best_of(names, written.values, written.metric)
        return {
            "choice": candidate_name(best),
            "metric": metric_name(written.metric),
            "value": number(written.values[best].value, 3),
            "other": candidate_name(other),
            "top": number(written.values[other].value, 3),
        }

    def would_change(self, fine_tune: bool, choice: str) -> list[str]:
        told = []
        if self.curve is not None:
            text = _(
                "More rows: twice as many would change {metric} of the head on the frozen model by {gain} "
                "[{interval}]."
            )
            change = changed(self.curve.gain.plain(), self.primary)
            told.append(text.format(
                gain=signed(change["value"], 3), interval=between(change, sign=True),
                metric=metric_told(self.primary),
            ))  # fmt: skip
        near = [one for one in self.compared if choice in (one.a, one.b) and one.difference]
        if choice != self.best and near:
            text = _(
                "More development rows: the difference to the best, {difference}, may be real; {rows} rows "
                "cannot prove it."
            )
            told.append(text.format(difference=number(abs(near[0].difference), 3), rows=number(self._rows)))
        told += self._if_tried()
        if fine_tune:
            rung = next(rung for rung in self.rungs if rung.name == choice)
            days = self._upkeep(rung) / (DAY * self.rules.upkeep)
            text = _(
                "Data that change: if the labels have to be made anew more often than every {days} days, its"
                " upkeep is too dear."
            )
            told.append(text.format(days=number(days, 1)))
        return told

    def would_change_texts(self, choice: str, otherwise: str, metric: str) -> list[str]:
        """Where texts decided; ``otherwise`` is what the primary metric alone would recommend."""
        told = []
        if otherwise != choice:
            text = _(
                "What counts: this goes by the generated answers ({metric}); by {primary} alone, {other} "
                "would be the way to take."
            )
            told.append(text.format(
                metric=metric_name(metric), primary=metric_name(self.primary), other=candidate_name(otherwise)
            ))  # fmt: skip
        return told + self._if_tried()

    def otherwise_by_texts(self, written: Written, tuned: Collection[str]) -> str:
        """Where the primary metric decided against fine-tuned ways that write provably better texts."""
        text = _("What counts: by the generated answers ({metric}), {other} is provably better.")
        best = best_of(list(tuned), written.values, written.metric)
        return text.format(metric=metric_name(written.metric), other=candidate_name(best))

    def _if_tried(self) -> list[str]:
        """What would let the ways be tried that were left out."""
        told = []
        budgeted = _list(one for one in self.left_out if one.code in ("budget", "memory"))
        if budgeted:
            text = _("More time or memory: {names} did not fit and were not tried.")
            told.append(text.format(names=budgeted))
        seen = {(one.reach, one.detected) for one in self.left_out if one.reach is not None}
        for reach, detected in sorted(seen, key=str):
            names = _list(one for one in self.left_out if (one.reach, one.detected) == (reach, detected))
            told.append(self._if_paid(names, reach, detected or 0.0))
        return told

    def _if_paid(self, names: str, reach: float, detected: float) -> str:
        """What would let ways be tried that can be at most ``reach`` better than what is recommended."""
        if reach <= 0:
            text = _(
                "No smaller gain that counts would bring in {names}: nothing beyond what is recommended is "
                "expected there."
            )
        elif reach >= detected:
            text = _("A smaller gain that counts: with a least gain of {reach}, {names} might be tried.")
        elif reach >= self.least_gain:
            text = _(
                "More development rows: about {rows} of them could prove the gain that {names} may bring at "
                "most ({reach})."
            )
        else:
            text = _(
                "More development rows and a smaller gain that counts: about {rows} of them could prove the "
                "gain that {names} may bring at most ({reach})."
            )
        rows = math.ceil(self._rows * (detected / reach) ** 2) if reach > 0 else 0
        return text.format(names=names, reach=_below(reach), rows=number(rows))


def _list(ways: Iterable[LeftOut]) -> str:
    return ", ".join(candidate_name(one.name) for one in ways)


def _below(value: float) -> str:
    """Two significant digits, rounded down."""
    if value <= 0:
        return number(0)
    digits = 1 - math.floor(math.log10(value))
    return number(math.floor(value * 10.0**digits) / 10.0**digits, max(0, digits))
