"""The cheaper ways, each fitted on the training rows."""

from __future__ import annotations

from ..evaluate.baselines import BASELINES, Context
from ..evaluate.compare import Candidate
from ..evaluate.timing import milliseconds
from ..language import _
from ..recipe.prepare import Prepared
from ..train.log import Event

__all__ = ["alternatives"]


def alternatives(prepared: Prepared, *, timed: bool = False) -> list[Candidate]:
    """Every baseline of the task that applies, cheapest first, answering the measured rows.

    Args:
        timed: whether the answering of single rows is timed too.
    """
    recipe, dataset = prepared.recipe, prepared.dataset
    truth = {name: prepared.truth[name][numbers] for name, numbers in prepared.measured.items()}
    context = Context(
        dataset.splits.some(prepared.measured), prepared.truth | truth, prepared.tools.labels,
        dataset.multi_label, dataset.language, prepared.loaded, recipe.seed, lambda: (
            {name: value.numpy() for name, value in prepared.features.items()}, prepared.pretrained.seconds
        ), lambda example: prepared.vector(example), dataset.documents,
        lambda text: prepared.listen(Event("note", {"text": text})),
    )  # fmt: skip
    candidates = []
    for baseline in recipe.evaluate.wanted(BASELINES, recipe.task.baselines):
        kind = baseline.kind
        # What is trained is not its own alternative.
        if baseline.method == recipe.way:
            continue
        if baseline.applies(context):
            outcome = baseline.fit_predict(context)
            prepared.listen(Event("baseline", {"name": kind, "seconds": outcome.seconds}))
            alone = milliseconds(outcome.answer, context.splits.dev) if timed else None
            candidates.append(
                Candidate(kind, outcome.dev, outcome.test, outcome.seconds, outcome.size_bytes, alone)
            )
        elif recipe.evaluate.baselines is not None:
            told = _("'{baseline}' is left out: it cannot answer such data.")
            prepared.warn(told.format(baseline=kind))
    return candidates
