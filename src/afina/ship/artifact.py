"""The artifact: a folder that predicts as the trained network did, or the run fails.

::

    model/
      config.json, model.safetensors, tokenizer.json …   the trunk, as transformers expects it
      head.safetensors                                   weight (C, H) and bias (C,) of the linear head
      beside.safetensors                                 what a method learnt beside the trunk, if it did
      afina.json                                         labels, pooling, cleaning, task
      README.md                                          the card
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from ..adapt import METHODS, Method
from ..data.batch import collate_texts, token_groups
from ..data.clean import Clean
from ..data.render import encode_texts
from ..data.row import Row, Tools
from ..errors import ModelError, RunError
from ..language import _
from ..models.load import Model, quiet
from ..models.load import load as load_model
from ..models.network import PooledNetwork
from ..tasks import TASKS
from ..tasks.classify import Classify
from ..tasks.fill_mask import FillMask
from ..tasks.generate import GenerateText
from .answerer import Answerer
from .filler import MaskFiller

__all__ = [
    "Answerer",
    "MaskFiller",
    "Predictor",
    "Shipped",
    "check_parity",
    "load",
    "load_predictor",
    "write",
]

#: Texts that are encoded and sorted by length together when predicting a stream.
CHUNK = 2048
#: Tokens computed at once when predicting, padding included.
BUDGET = 1024


@dataclass(frozen=True)
class Predictor:
    """A model that tells labels. Made by :func:`load`, or from the network that has just been trained."""

    network: PooledNetwork
    tools: Tools
    task: Classify
    clean: Clean
    details: dict[str, Any]
    """What afina.json says beside: base model, licence, column names, language."""
    method: Method | None = None
    """What put something beside the trunk; None where there is nothing."""

    #: What :meth:`stream` adds to a row of a table.
    columns: ClassVar[tuple[str, ...]] = ("label", "probability")

    def predict(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """One answer a text: ``label``, ``probability``, ``probabilities`` (and ``labels``, if several)."""
        return list(self.stream(texts))

    def stream(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Answers in the order of the texts, with memory that does not grow with their number."""
        waiting = iter(texts)
        while chunk := list(islice(waiting, CHUNK)):
            yield from self.task.answers(self.probabilities(chunk), self.tools)

    def save(self, folder: Path) -> dict[str, Any]:
        """Writes weights and tokenizer, and gives what afina.json has to say."""
        network, tools = self.network, self.tools
        with quiet():
            network.trunk.save_pretrained(folder)  # type: ignore[operator]
            tools.tokenizer.save_pretrained(folder)
        parts = {"head": network.head, "beside": network.beside}
        for name, part in parts.items():
            if part is not None:
                held = {key: tensor.detach().contiguous() for key, tensor in part.state_dict().items()}
                save_file(held, folder / f"{name}.safetensors")
        return {
            **self.details,
            "task": self.task.plain(),
            "labels": list(tools.labels),
            "multi_label": tools.multi_label,
            "pooling": network.pooling,
            "max_length": tools.max_length,
            "clean": self.clean.plain(),
            "method": None if self.method is None else self.method.plain(),
        }

    @classmethod
    def read(cls, folder: Path, task: Classify, values: Mapping[str, Any]) -> Predictor:
        """The model in a folder that :meth:`save` wrote; ``values`` are those of afina.json."""
        known = dict(values)
        clean = Clean.of(known.pop("clean"))
        name, pooling, length = str(folder.resolve()), known.pop("pooling"), known.pop("max_length")
        loaded = load_model(Model(name=name, pooling=pooling, max_length=length))
        labels = tuple(known.pop("labels"))
        tools = Tools(loaded.tokenizer, labels, loaded.max_length, known.pop("multi_label"))
        network = task.network(loaded, tools)
        network.head.load_state_dict(load_file(folder / "head.safetensors"))
        method = None
        if (plain := known.pop("method", None)) is not None:
            method = METHODS.make(plain)
            method.apply(network)
            assert network.beside is not None
            network.beside.load_state_dict(load_file(folder / "beside.safetensors"))
        network.requires_grad_(False).eval()
        return cls(network, tools, task, clean, known, method)

    @torch.inference_mode()
    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """(N, C) probabilities of the labels, in the order of ``tools.labels``."""
        self.network.eval()
        cleaned = [self.clean.apply(text)[0] for text in texts]
        rows = [Row(ids, (), 1.0, cut) for ids, cut in encode_texts(cleaned, self.tools)]
        lengths = [len(row.ids) for row in rows]
        scores = torch.empty(len(rows), len(self.tools.labels))
        for group in token_groups(lengths, range(len(rows)), BUDGET):
            batch = collate_texts([rows[number] for number in group], self.tools, group)
            scores[group] = self.network(**batch.inputs).float()
        return self.task.outputs(scores, self.tools)


#: A trained model at work.
Shipped: TypeAlias = Predictor | Answerer | MaskFiller


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
    if isinstance(task, GenerateText):
        return Answerer.read(path, task, values)
    if isinstance(task, FillMask):
        return MaskFiller.read(path, task, values)
    assert isinstance(task, Classify)
    return Predictor.read(path, task, values)


def load_predictor(folder: str | Path) -> Predictor:
    """The same for a model that tells labels. Raises ModelError for any other."""
    model = load(folder)
    if not isinstance(model, Predictor):
        raise ModelError(
            _("this model tells no labels, and one that does is needed here."), where=str(folder)
        )
    return model


def check_parity(model: Shipped, folder: Path, texts: Sequence[str], rows: Sequence[Row] = ()) -> None:
    """Raises RunError unless the folder, loaded anew, answers exactly as the network in memory.

    Args:
        texts: that labels are told of.
        rows: whose losses are taken, where the model tells no labels.
    """
    again = load(folder)
    before, after = (
        one.probabilities(texts) if isinstance(one, Predictor) else one.losses(rows) for one in (model, again)
    )
    if not np.array_equal(before, after):
        raise RunError(
            _("the saved model answers differently from the trained one (by up to {difference:.3g}).").format(
                difference=float(np.abs(before - after).max())
            ),
            where=str(folder),
            fix=_("The checkpoints are kept; please report this as a bug."),
        )
