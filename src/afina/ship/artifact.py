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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

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
from ..models.network import Network
from ..tasks import TASKS, Task

__all__ = ["Predictor", "check_parity", "load", "write"]

#: Texts that are encoded and sorted by length together when predicting a stream.
CHUNK = 2048
#: Tokens computed at once when predicting, padding included.
BUDGET = 4096


@dataclass(frozen=True)
class Predictor:
    """A model at work. Made by :func:`load`, or from the network that has just been trained."""

    network: Network
    tools: Tools
    task: Task
    clean: Clean
    details: dict[str, Any]
    """What afina.json says beside: base model, licence, column names, language."""
    method: Method | None = None
    """What put something beside the trunk; None where there is nothing."""

    def predict(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """One answer a text: ``label``, ``probability``, ``probabilities`` (and ``labels``, if several)."""
        return list(self.stream(texts))

    def stream(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Answers in the order of the texts, with memory that does not grow with their number."""
        waiting = iter(texts)
        while chunk := list(islice(waiting, CHUNK)):
            yield from self.task.answers(self.probabilities(chunk), self.tools)

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


def write(predictor: Predictor, folder: Path) -> None:
    """Writes everything but the card. The folder appears when it is whole."""
    aside = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    network, tools = predictor.network, predictor.tools
    with quiet():
        network.trunk.save_pretrained(aside)  # type: ignore[operator]
        tools.tokenizer.save_pretrained(aside)
    head = {name: tensor.detach().contiguous() for name, tensor in network.head.state_dict().items()}
    save_file(head, aside / "head.safetensors")
    if network.beside is not None:
        beside = {name: tensor.detach().contiguous() for name, tensor in network.beside.state_dict().items()}
        save_file(beside, aside / "beside.safetensors")
    values = {
        **predictor.details,
        "task": predictor.task.plain(),
        "labels": list(tools.labels),
        "multi_label": tools.multi_label,
        "pooling": network.pooling,
        "max_length": tools.max_length,
        "clean": predictor.clean.plain(),
        "method": None if predictor.method is None else predictor.method.plain(),
    }
    text = json.dumps(values, ensure_ascii=False, indent=1) + "\n"
    (aside / "afina.json").write_text(text, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)


def load(folder: str | Path) -> Predictor:
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
    clean = Clean.of(values.pop("clean"))
    loaded = load_model(
        Model(name=str(path.resolve()), pooling=values.pop("pooling"), max_length=values.pop("max_length"))
    )
    tools = Tools(loaded.tokenizer, tuple(values.pop("labels")), loaded.max_length, values.pop("multi_label"))
    network = task.network(loaded, tools)
    network.head.load_state_dict(load_file(path / "head.safetensors"))
    method = None
    if (plain := values.pop("method", None)) is not None:
        method = METHODS.make(plain)
        method.apply(network)
        assert network.beside is not None
        network.beside.load_state_dict(load_file(path / "beside.safetensors"))
    network.requires_grad_(False).eval()
    return Predictor(network, tools, task, clean, values, method)


def check_parity(predictor: Predictor, folder: Path, texts: Sequence[str]) -> None:
    """Raises RunError unless the folder, loaded anew, answers exactly as the network in memory."""
    before, after = predictor.probabilities(texts), load(folder).probabilities(texts)
    if not np.array_equal(before, after):
        raise RunError(
            _("the saved model answers differently from the trained one (by up to {difference:.3g}).").format(
                difference=float(np.abs(before - after).max())
            ),
            where=str(folder),
            fix=_("The checkpoints are kept; please report this as a bug."),
        )
