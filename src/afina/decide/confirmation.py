"""Whether the test rows bear out what was chosen on the development rows.

On few development rows a cheap way is easily "not provably worse" than the best one. Where the test rows then
prove that it is, what they prove is recommended: there is one question, asked once, and its answer was not
known when it was asked. What they say of that way is a little too good afterwards, and this is told.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import Any, NamedTuple

from numpy.typing import NDArray

from ..evaluate.statistics import Resampled, draws, resample
from ..evaluate.words import between, candidate_name, metric_name, number, p_told, signed
from ..language import _
from ..measuring import MEASURING
from ..recipe.prepare import Prepared
from ..train.log import Event
from .advice import BLIND, Advice
from .attempt import on_test_rows
from .beside import Beside, beside, best_of, proven
from .climb import Climb
from .interpolated import Interpolated
from .rung import TRAINED, Rung
from .texts import Texts, texts_of

__all__ = ["Confirmation", "other_rows"]


class Confirmation:
    """The simplest way, the chosen one and the best one on the test rows; no other answers them."""

    def __init__(self, climb: Climb, advice: Advice) -> None:
        self.climb, self.advice = climb, advice
        self.names = list(dict.fromkeys([climb.rungs[0].name, advice.choice, advice.best]))
        self.by_texts = advice.metric != climb.primary

    def _quietly(self, event: Event) -> None:
        """What was told already when the ways were tried is not told again."""
        if event.kind not in ("resumed", "baseline"):
            self.climb.quietly(event)

    def told(self) -> dict[str, Any]:
        """``metrics`` with intervals, ``comparisons`` of the choice, ``confirmed``, ``other_rows`` and a
        ``sentence``."""
        chosen, tested = self._chosen
        sentence = self._sentence()
        if other_rows(chosen, tested):
            text = _(
                "But the test rows are of another kind than the development rows: {metric} of {choice} is "
                "{value} [{interval}] there, not {before} [{bounds}], and what was compared on these may not "
                "hold there."
            )
            sentence += " " + text.format(
                metric=metric_name(self.advice.metric), choice=candidate_name(self.advice.choice),
                value=number(tested.value, 3), interval=between(tested.interval().plain()),
                before=number(chosen.value, 3), bounds=between(chosen.interval().plain()),
            )  # fmt: skip
        return {
            "rows": next(iter(self._decisive.values())).rows,
            "metrics": {
                name: {kind: value.interval().plain() for kind, value in each.items()}
                for name, each in self._found.items()
            },
            "comparisons": [one.plain() for one in self._pairs],
            "confirmed": not self._better,
            "other_rows": other_rows(chosen, tested),
            "sentence": sentence,
        }

    def revised(self) -> Advice:
        """The advice, or what the test rows prove against it."""
        advice, values = self.advice, self._decisive
        if not self._better or BLIND in values:
            return advice
        choice = best_of([one.a for one in self._better], values, advice.metric)
        proof = next(one for one in self._better if one.a == choice)
        reason = _(
            "{choice} is provably better than {other} on the test rows ({metric} {value} against {top}, {p}),"
            " which the development rows could not tell."
        ).format(
            choice=candidate_name(choice), other=candidate_name(advice.choice),
            metric=metric_name(advice.metric), value=number(values[choice].value, 3),
            top=number(values[advice.choice].value, 3), p=p_told(proof.p_holm),
        )  # fmt: skip
        alone = _("The development rows alone: {reason}").format(reason=advice.reason)
        tuned = next(rung for rung in self.climb.rungs if rung.name == choice).fine_tuned
        return replace(
            advice, fine_tune=tuned, choice=choice, code="test_rows", reason=reason, would_change=[alone]
        )

    @cached_property
    def _found(self) -> dict[str, dict[str, Resampled]]:
        """Name -> kind of metric -> value on the test rows."""
        climb, prepared = self.climb, self._prepared
        climb.listen(Event("note", {"text": _("The test rows are asked, once.")}))
        truth, answers = MEASURING[climb.recipe.task.measured_by](prepared).truth("test"), self._answers()
        counts = draws(len(truth), climb.recipe.evaluate.resamples, climb.recipe.seed)
        found = {
            name: {
                kind: resample(each, truth, answers[name].answered, counts)
                for kind, each in climb.metrics.items()
            }
            for name in self.names
        }
        if self._texts is not None:
            for name, values in found.items():
                for kind in self._texts.kinds:
                    values[kind] = self._texts.measured(answers[name].texts, kind)
        return found

    @cached_property
    def _prepared(self) -> Prepared:
        return Prepared(self.climb.untrained_recipe(texts=self.by_texts), self._quietly)

    @cached_property
    def _texts(self) -> Texts | None:
        return texts_of(self._prepared)

    @cached_property
    def _decisive(self) -> dict[str, Resampled]:
        """Name -> the metric that decided; the answer that looks at nothing among them where it matters."""
        values = {name: each[self.advice.metric] for name, each in self._found.items()}
        if self._texts is not None and self.advice.code == "out_of_reach":
            values[BLIND] = self._texts.measured([self._texts.blind] * len(self._texts.expected))
        return values

    @property
    def _chosen(self) -> tuple[Resampled, Resampled]:
        """What the choice of the development rows reached on them, and on the test rows."""
        choice, metric = self.advice.choice, self.advice.metric
        return self.climb.value(choice, metric), self._decisive[choice]

    @cached_property
    def _pairs(self) -> list[Beside]:
        """The others beside the choice; where that is that nothing works, all beside the blind answer."""
        other = BLIND if BLIND in self._decisive else self.advice.choice
        return beside([(name, other) for name in self.names if name != other], self._decisive)

    @cached_property
    def _better(self) -> list[Beside]:
        """What is provably better than it was thought to be. That the best is, is known where the choice is
        taken because its data change too often."""
        known = {self.advice.best} if self.advice.code == "changes_too_often" else set()
        return [one for one in self._pairs if proven(one, self.advice.metric) and one.a not in known]

    def _answers(self) -> dict[str, _Answered]:
        rungs = {rung.name: rung for rung in self.climb.rungs if rung.name in self.names}
        simple = [name for name, rung in rungs.items() if not rung.fine_tuned and name not in TRAINED]
        answers = self._simple(simple) if simple else {}
        return answers | {name: self._trained(rungs[name]) for name in self.names if name not in answers}

    def _simple(self, names: list[str]) -> dict[str, _Answered]:
        recipe = self.climb.untrained_recipe(names, texts=self.by_texts)
        prepared = Prepared(recipe, self._quietly)
        found = MEASURING[recipe.task.measured_by](prepared).before()
        return {one.name: _Answered(one.test, one.texts) for one in found if one.name in names}

    def _trained(self, rung: Rung) -> _Answered:
        climb = self.climb
        kind = rung.details.get("of", rung.name)
        recipe, folder = climb.trained_recipe(kind), climb.place(kind)
        if "of" in rung.details:
            return _Answered(
                Interpolated(recipe, folder, self._quietly).answers(rung.details["alpha"], "test")
            )
        found = on_test_rows(recipe, folder, texts=self.by_texts, listen=self._quietly)
        return _Answered(found.answered, found.texts)

    def _sentence(self) -> str:
        choice, best, values = self.advice.choice, self.advice.best, self._decisive
        if BLIND in values:
            if self._better:
                return _("The test rows do not confirm it: there one of them is provably better than that.")
            return _(
                "The test rows confirm it: there, too, none that was asked is provably better than that."
            )
        if self._better:
            return _("Its figure there is a little too good, as the test rows took part in this choice.")
        if choice == best:
            return _(
                "The test rows confirm it: {value} there, and nothing that was asked is provably better."
            ).format(value=number(values[choice].value, 3))
        told = (
            _("On the test rows the difference to {best} is {difference} [{low}, {high}].")
            if self.advice.code == "changes_too_often"
            else _(
                "The test rows confirm it: the difference to {best} is {difference} there [{low}, {high}]."
            )
        )
        found = values[choice].minus(values[best])
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
