"""What a language model forgets while it learns."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from ..data.row import Row
from ..errors import ModelError
from ..evaluate.forgetting import general_texts, perplexities
from ..language import _
from ..objectives.seq2seq import Seq2Seq
from ..recipe.prepare import Prepared
from ..ship.token_model import TokenModel
from ..tasks.tokens import TokenTask

__all__ = ["Forgetting"]


class Forgetting:
    """The perplexity of general texts, before training and after; nothing where they cannot be had."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self._losses: dict[str, NDArray[Any]] = {}
        self._rows: list[Row] = []
        self._language = ""
        task = prepared.recipe.task
        # Answers to questions say nothing of texts that ask nothing.
        if not isinstance(task, TokenTask) or not task.general or isinstance(prepared.objective, Seq2Seq):
            return
        try:
            self._language, texts = general_texts(prepared.dataset.language)
            self._rows = [prepared.objective.encode(text, prepared.tools) for text in texts]
        except ModelError as error:
            told = _("What the model forgets is not measured, as the general texts cannot be had: {why}")
            prepared.warn(told.format(why=error))

    def read(self, when: str, model: Any) -> None:
        """``when`` is ``before`` or ``after``."""
        if self._rows:
            assert isinstance(model, TokenModel)
            self._losses[when] = model.losses(self._rows)

    def told(self) -> dict[str, Any]:
        """What a report says of it, under ``forgetting``."""
        if not self._rows:
            return {}
        recipe = self.prepared.recipe
        found = perplexities(**self._losses, seed=recipe.seed, resamples=recipe.evaluate.resamples)
        return {"forgetting": {"language": self._language, **found}}
