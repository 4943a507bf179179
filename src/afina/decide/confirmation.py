"""Whether the test rows bear out what was chosen on the development rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from numpy.typing import NDArray

from ..evaluate.statistics import Resampled, draws, resample
from ..evaluate.words import between, candidate_name, direction, metric_name, number, signed
from ..language import _
from ..measuring import MEASURING
from ..recipe.prepare import Prepared
from .advice import BLIND, Advice
from .attempt import on_test_rows
from .beside import Beside, beside, proven
from .climb import Climb
from .interpolated import Interpolated
from .rung import TRAINED, Rung
from .texts import texts_of

__all__ = ["Confirmation", "other_rows"]


class Confirmation:
    """The simplest way, the chosen one and the best one on the test rows; no other answers them."""

    def __init__(self, climb: Climb, advice: Advice) -> None:
        self.climb, self.advice = climb, advice
        self.names = list(dict.fromkeys([climb.rungs[0].name, advice.choice, advice.best]))
        self.by_texts = advice.metric != climb.primary

    def told(self) -> dict[str, Any]:
        """``metrics`` with intervals, ``comparisons`` of the choice, ``confirmed``, ``other_rows`` and a
        ``sentence``."""
        climb, advice, metric = self.climb, self.advice, self.advice.metric
        prepared = Prepared(climb.untrained_recipe(texts=self.by_texts), climb.quietly)
        truth, answers = MEASURING[climb.recipe.task.measured_by](prepared).truth("test"), self._answers()
        counts = draws(len(truth), climb.recipe.evaluate.resamples, climb.recipe.seed)
        found = {
            name: {
                kind: resample(each, truth, answers[name].answered, counts)
                for kind, each in climb.metrics.items()
            }
            for name in self.names
        }
        texts = texts_of(prepared)
        if texts is not None:
            for name, values in found.items():
                values |= {kind: texts.measured(answers[name].texts, kind) for kind in texts.kinds}
        decisive = {name: each[metric] for name, each in found.items()}
        if texts is not None and advice.code == "out_of_reach":
            decisive[BLIND] = texts.measured([texts.blind] * len(texts.expected))
            pairs = beside([(name, BLIND) for name in self.names], decisive)
        else:
            pairs = beside([(name, advice.choice) for name in self.names if name != advice.choice], decisive)
        better = [one for one in pairs if proven(one, metric)]
        return {
            "rows": len(truth),
            "metrics": {
                name: {kind: value.interval().plain() for kind, value in each.items()}
                for name, each in found.items()
            },
            "comparisons": [one.plain() for one in pairs],
            "confirmed": not better,
            "other_rows": other_rows(climb.value(advice.choice, metric), decisive[advice.choice]),
            "sentence": self._sentence(better, decisive),
        }

    def _answers(self) -> dict[str, _Answered]:
        rungs = {rung.name: rung for rung in self.climb.rungs if rung.name in self.names}
        simple = [name for name, rung in rungs.items() if not rung.fine_tuned and name not in TRAINED]
        answers = self._simple(simple) if simple else {}
        return answers | {name: self._trained(rungs[name]) for name in self.names if name not in answers}

    def _simple(self, names: list[str]) -> dict[str, _Answered]:
        recipe = self.climb.untrained_recipe(names, texts=self.by_texts)
        prepared = Prepared(recipe, self.climb.quietly)
        found = MEASURING[recipe.task.measured_by](prepared).before()
        return {one.name: _Answered(one.test, one.texts) for one in found if one.name in names}

    def _trained(self, rung: Rung) -> _Answered:
        climb = self.climb
        kind = rung.details.get("of", rung.name)
        recipe, folder = climb.trained_recipe(kind), climb.place(kind)
        if "of" in rung.details:
            return _Answered(
                Interpolated(recipe, folder, climb.quietly).answers(rung.details["alpha"], "test")
            )
        found = on_test_rows(recipe, folder, texts=self.by_texts, listen=climb.quietly)
        return _Answered(found.answered, found.texts)

    def _sentence(self, better: list[Beside], values: Mapping[str, Resampled]) -> str:
        told, choice, metric = self._told(better, values), self.advice.choice, self.advice.metric
        chosen, tested = self.climb.value(choice, metric), values[choice]
        if not other_rows(chosen, tested):
            return told
        text = _(
            "But the test rows are of another kind than the development rows: {metric} of {choice} is "
            "{value} [{interval}] there, not {before} [{bounds}], and what was compared on these may not "
            "hold there."
        )
        return f"{told} " + text.format(
            metric=metric_name(metric), choice=candidate_name(choice), value=number(tested.value, 3),
            interval=between(tested.interval().plain()), before=number(chosen.value, 3),
            bounds=between(chosen.interval().plain()),
        )  # fmt: skip

    def _told(self, better: list[Beside], values: Mapping[str, Resampled]) -> str:
        choice, best, metric = self.advice.choice, self.advice.best, self.advice.metric
        if BLIND in values:
            if better:
                return _("The test rows do not confirm it: there one of them is provably better than that.")
            return _(
                "The test rows confirm it: there, too, none that was asked is provably better than that."
            )
        if better:
            # Of several, the one that is best there.
            one = max(better, key=lambda one: direction(metric) * one.difference)
            told = _(
                "The test rows do not confirm it: {name} is provably better there ({metric} {value}, a "
                "difference of {difference} [{low}, {high}])."
            )
            return told.format(
                name=candidate_name(one.a), metric=metric_name(metric),
                value=number(values[one.a].value, 3), difference=signed(one.difference),
                low=signed(one.low), high=signed(one.high),
            )  # fmt: skip
        if choice == best:
            return _(
                "The test rows confirm it: {value} there, and nothing that was asked is provably better."
            ).format(value=number(values[choice].value, 3))
        found = values[choice].minus(values[best])
        told = _("The test rows confirm it: the difference to {best} is {difference} there [{low}, {high}].")
        return told.format(
            best=candidate_name(best), difference=signed(found.difference), low=signed(found.low),
            high=signed(found.high),
        )  # fmt: skip


def other_rows(chosen: Resampled, tested: Resampled) -> bool:
    """Whether a way is so much better or worse on the test rows than on the development rows that their
    intervals do not touch: more than the choice and chance explain."""
    a, b = chosen.interval(), tested.interval()
    return a.high < b.low or b.high < a.low


class _Answered(NamedTuple):
    """What a way answers on the test rows."""

    answered: NDArray[Any]
    texts: tuple[str, ...] = ()
