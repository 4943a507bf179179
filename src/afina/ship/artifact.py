"""The artifact: a folder that predicts as the trained network did, or the run fails.

::

    model/
      config.json, model.safetensors, tokenizer.json …   the trunk, as transformers expects it
      head.safetensors                                   weight (C, H) and bias (C,) of a linear head
      beside.safetensors                                 what a method learnt beside the trunk, if it did
      afina.json                                         labels, pooling, cleaning, task
      README.md                                          the card
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..data.row import Row
from ..errors import ModelError, RunError
from ..language import _, figures
from ..tasks import TASKS, Task
from ..tasks.classify import Classify
from ..tasks.embed import Embed
from ..tasks.fill_mask import FillMask
from ..tasks.generate import GenerateText
from ..tasks.rank import Rank
from ..tasks.regress import Regress
from ..tasks.tag import Tag
from ..tasks.translate import Translate
from .answerer import Answerer
from .embedder import Embedder
from .filler import MaskFiller
from .predictor import Predictor
from .ranker import Ranker
from .rater import Rater
from .shipped import Shipped
from .tagger import Tagger

__all__ = ["SHIPPED", "check_parity", "load", "load_predictor", "write"]

#: Task -> what its models are at work.
SHIPPED: dict[type[Task], type[Shipped]] = {
    Classify: Predictor,
    Regress: Rater,
    Tag: Tagger,
    GenerateText: Answerer,
    Translate: Answerer,
    FillMask: MaskFiller,
    Embed: Embedder,
    Rank: Ranker,
}


def write(model: Shipped, folder: Path) -> None:
    """Writes everything but the card. The folder appears when it is whole."""
    aside = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    text = json.dumps(model.save(aside), ensure_ascii=False, indent=1) + "\n"
    (aside / "afina.json").write_text(text, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)


def load(folder: str | Path) -> Shipped:
    """The model of a run, or a model folder by itself. Raises ModelError."""
    path = Path(folder)
    path = path / "model" if (path / "model" / "afina.json").exists() else path
    try:
        values = json.loads((path / "afina.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ModelError(
            _("there is no model here."), where=str(path), fix=_("Give the folder of a finished run.")
        ) from None
    task = TASKS.make(values.pop("task"))
    return SHIPPED[type(task)].read(path, task, values)


def load_predictor(folder: str | Path) -> Predictor:
    """The same for a model that tells labels. Raises ModelError for any other."""
    model = load(folder)
    if not isinstance(model, Predictor):
        raise ModelError(
            _("this model tells no labels, and one that does is needed here."), where=str(folder)
        )
    return model


def check_parity(model: Shipped, folder: Path, texts: Sequence[Any], rows: Sequence[Row] = ()) -> None:
    """Raises RunError unless the folder, loaded anew, answers exactly as the network in memory.

    Args:
        texts: that are answered.
        rows: the same texts as rows.
    """
    before, after = (each.evidence(texts, rows) for each in (model, load(folder)))
    if not np.array_equal(before, after):
        raise RunError(
            _("the saved model answers differently from the trained one (by up to {difference}).").format(
                difference=figures(float(np.abs(before - after).max()), 3)
            ),
            where=str(folder),
            fix=_("The checkpoints are kept; please report this as a bug."),
        )
