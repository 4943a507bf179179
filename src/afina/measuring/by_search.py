"""Models that search: against searches by words and the model as it came, question by question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..adapt import Adapted
from ..data.collect import collect
from ..data.match import Match
from ..data.render import encode_pairs, encode_texts
from ..data.row import Row
from ..data.search import DEPTH, NOTHING, Bm25, best
from ..errors import DataError
from ..evaluate.compare import Candidate
from ..evaluate.metrics import metrics_of
from ..evaluate.statistics import draws, resample
from ..language import _
from ..objectives.info_nce import InfoNce
from ..objectives.relevance import Relevance
from ..recipe.recipe import Recipe
from ..ship.searcher import Searcher
from ..ship.shipped import Shipped
from ..tasks.embed import Embed
from ..tasks.rank import Rank
from ..train.fit import Feed, Job, scores
from .alternatives import alternatives
from .base import Measuring

__all__ = ["BySearch"]

#: Documents that the report shows of a ranking, and of what was expected.
SHOWN = 3


class BySearch(Measuring):
    """Every candidate ranks the whole collection for the questions of dev and test."""

    def before(self, *, timed: bool = False) -> list[Candidate]:
        return [*alternatives(self.prepared, timed=timed), self.untrained(self._came(), timed=timed)]

    def alongside(self) -> None:
        self.untrained(self._came())

    def _came(self) -> Job:
        """The model as it came, which searches by its vectors whatever it is to learn."""
        prepared, task = self.prepared, Embed()
        own = isinstance(prepared.recipe.task, Embed)
        tools = prepared.tools if own else task.tools(prepared.dataset, prepared.loaded)
        network = task.network(prepared.loaded, tools)
        return replace(prepared.untrained(), adapted=Adapted(network), objective=InfoNce(), tools=tools)

    def answered(self, job: Job, feeds: Mapping[str, Feed]) -> dict[str, NDArray[Any]]:
        if isinstance(job.objective, Relevance):
            return {name: self._ordered(job, self.asked[name]) for name in feeds}
        texts = [job.tools.document_prefix + text for text in self.prepared.dataset.documents]
        self._documents = self._vectors(job, texts)
        return {name: self._nearest(job, self.asked[name]) for name in feeds}

    def alone(self, job: Job) -> Callable[[Any], Any]:
        job.adapted.merge()
        if isinstance(job.objective, Relevance):
            return lambda match: self._ordered(job, [match])
        return lambda match: self._nearest(job, [match])

    def _nearest(self, job: Job, matches: Sequence[Match]) -> NDArray[np.int64]:
        """By the vectors of the documents that were asked last."""
        questions = self._vectors(job, [job.tools.query_prefix + match.text for match in matches])
        return best(questions @ self._documents.T, DEPTH)

    def _ordered(self, job: Job, matches: Sequence[Match]) -> NDArray[np.int64]:
        """What BM25 finds, of which the first ``task.top`` are put in order."""
        documents, task = self.prepared.dataset.documents, self.prepared.recipe.task
        assert isinstance(task, Rank)
        found = self._words.search([match.text for match in matches], DEPTH)
        top = found[:, : task.top]
        pairs = [
            (match.text, documents[number])
            for match, numbers in zip(matches, top.tolist(), strict=True)
            for number in numbers
            if number != NOTHING
        ]
        if not pairs:
            return found
        answers = np.full(top.shape, -np.inf)
        rows = encode_pairs(pairs, job.tools)
        answers[top != NOTHING] = scores(job, Feed(rows, [""] * len(rows)))[0][:, 0]
        found[:, : task.top] = np.take_along_axis(top, best(answers, task.top), 1)
        return found

    @cached_property
    def _words(self) -> Bm25:
        return Bm25(self.prepared.dataset.documents)

    @property
    def asked(self) -> dict[str, tuple[Match, ...]]:
        """A match for each question of dev and test."""
        splits = self.prepared.dataset.splits.some(self.prepared.measured)
        return {"dev": splits.dev, "test": splits.test}

    def compared(self, candidates: list[Candidate]) -> dict[str, Any]:
        return super().compared(candidates) | {"searches": self._worst(candidates[-1].test)}

    def next(self, place: str) -> list[str]:
        vectors = f"afina predict {place} --file documents.csv -o vectors.jsonl"
        told = [f'afina search {place} "…" --in documents.csv', f"afina evaluate {place} other/"]
        return [*told, vectors] if isinstance(self.prepared.recipe.task, Embed) else told

    @classmethod
    def again(cls, model: Shipped, recipe: Recipe, data: str | Path) -> dict[str, Any]:
        """On the questions called test where the data are divided, else on all of them."""
        assert isinstance(model, Searcher)
        given = recipe.data.model_copy(update={"path": str(data), "dev": None, "test": None})
        found = collect(given)
        matches = found.matches("test" if "test" in found.sides else "train")
        if not matches:
            raise DataError(_("no question has a document that answers it."), where=str(data))
        asked = [matches[number] for number in model.task.distinct(matches)]
        ranked, _scores = model.search([match.text for match in asked], found.documents, DEPTH)
        truth = model.task.truth(asked, model.tools)
        counts = draws(len(truth), recipe.evaluate.resamples, recipe.seed)
        metrics = metrics_of(model.task.metrics(model.tools), multi_label=False)
        return {
            "rows": len(asked),
            "metrics": {
                kind: resample(metric, truth, ranked, counts).interval().plain()
                for kind, metric in metrics.items()
            },
        }

    @staticmethod
    def _vectors(job: Job, texts: Sequence[str]) -> NDArray[np.float32]:
        """(N, H), of length 1. In a launch of several processes all call it."""
        rows = [Row(ids) for ids, _cut in encode_texts(texts, job.tools)]
        return scores(job, Feed(rows, [""] * len(rows)))[0]

    def _worst(self, found: NDArray[Any]) -> list[dict[str, Any]]:
        """The test questions that the trained model serves worst."""
        prepared, matches = self.prepared, self.asked["test"]
        primary = prepared.recipe.task.primary_metric
        values = metrics_of([primary], multi_label=False)[primary].contributions(self.truth("test"), found)[
            :, 0
        ]
        order = np.argsort(values, kind="stable")[: prepared.recipe.evaluate.examples]
        return [self._shown(matches[n], found[n].tolist(), float(values[n])) for n in order.tolist()]

    def _shown(self, match: Match, found: Sequence[int], value: float) -> dict[str, Any]:
        documents = self.prepared.dataset.documents
        expected = sorted(match.relevant, key=lambda number: -match.relevant[number])
        return {
            "question": match.text,
            "where": str(match.where),
            "value": value,
            "found": [
                {"text": documents[number], "grade": match.relevant.get(number, 0.0)}
                for number in found[:SHOWN]
                if number >= 0
            ],
            "expected": [
                {
                    "text": documents[number],
                    "grade": match.relevant[number],
                    "rank": found.index(number) + 1 if number in found else None,
                }
                for number in expected[:SHOWN]
            ],
        }
