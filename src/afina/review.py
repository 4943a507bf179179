"""Rows whose label is in doubt, one after the other, for a person to decide on."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .data.audit import Suspect
from .data.changes import check_written, write_copy
from .data.decisions import Decision, Decisions
from .data.load import sheets_of
from .errors import RecipeError
from .language import _
from .recipe.prepare import Prepared
from .recipe.recipe import Recipe
from .train.log import Listener, ignore

__all__ = ["Review"]


class Review:
    """Goes through suspected labels of the training rows.

    Rows of the other splits stay as they are: to correct only those that a model doubts would flatter it.

    Raises:
        InputError: the recipe or the data are wrong, rows do not have one label each, or no copy of the data
            can be written.
    """

    def __init__(self, recipe: Recipe, listen: Listener = ignore) -> None:
        check_written(recipe.data, sheets_of(recipe.data))
        self.prepared = Prepared(recipe, listen)
        given = self.prepared.given
        if not recipe.task.labels or given.multi_label:
            raise RecipeError(
                _("labels can be gone through where every row has one label."),
                where=f"task '{recipe.task.kind}'",
            )
        self.labels = given.labels
        self.decisions = Decisions(Path(str(recipe.data.path)).absolute())
        self._examples = {str(example.where): example for example in given.splits.train}

    @cached_property
    def suspects(self) -> tuple[Suspect, ...]:
        """All of them, the most suspicious first."""
        return self.prepared.suspects

    def open(self) -> list[Suspect]:
        """Those that nothing is decided of."""
        return [each for each in self.suspects if self.decisions.of(self._examples[str(each.where)]) is None]

    def decide(
        self, suspect: Suspect, what: Literal["keep", "label", "remove", "undone"], new: str | None = None
    ) -> None:
        """Writes down what becomes of a row: ``keep``, ``label`` (a new one), ``remove`` or ``undone``."""
        self.decisions.add(Decision(str(suspect.where), suspect.text, suspect.label, what, new))

    def neighbours(self, suspect: Suspect, count: int = 2) -> list[dict[str, Any]]:
        """The training rows whose features have the smallest angle: ``text``, ``label``, ``similarity``."""
        number = self._numbers[str(suspect.where)]
        near = self._directions @ self._directions[number]
        near[number] = -np.inf
        train = self.prepared.dataset.splits.train
        return [
            {"text": train[each].text, "label": train[each].label, "similarity": float(near[each])}
            for each in np.argsort(-near, kind="stable")[:count].tolist()
        ]

    def write(self, out: Path | None = None, overwrite: bool = False) -> dict[str, Any]:
        """Writes a copy of the data as decided. Raises DataError and StoreError as
        :func:`~afina.data.changes.write_copy` does."""
        data = self.prepared.recipe.data
        sheets, columns = sheets_of(data), self.prepared.given.columns
        assert columns is not None
        assert columns.label is not None
        changes = self.decisions.changes(self._examples, sheets, columns.label)
        return {
            **write_copy(data, sheets, changes, out, overwrite).plain(),
            "changes": dict(Counter(change.what for change in changes)),
            "contradictions": [],
        }

    @cached_property
    def _numbers(self) -> dict[str, int]:
        train = self.prepared.dataset.splits.train
        return {str(example.where): number for number, example in enumerate(train)}

    @cached_property
    def _directions(self) -> NDArray[Any]:
        """(N, H) features of length 1."""
        features = self.prepared.features["train"].numpy()
        directions: NDArray[Any] = features / np.maximum(
            np.linalg.norm(features, axis=1, keepdims=True), 1e-12
        )
        return directions
