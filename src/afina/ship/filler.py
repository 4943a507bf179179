"""An encoder that fills gaps, and the folder that it is kept in.

::

    model/
      config.json, model.safetensors, tokenizer.json …   the masked language model, as transformers expects it
      afina.json                                         the task and its settings
      README.md                                          the card
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from ..data.batch import token_groups
from ..data.clean import Clean
from ..data.row import Row, Tools
from ..errors import DataError
from ..language import _
from ..models.load import Model, load, quiet
from ..models.masked_language_model import MaskedLanguageModel
from ..objectives.masked_lm import MaskedLm
from ..tasks.fill_mask import FillMask

__all__ = ["MaskFiller"]

#: Tokens computed at once, padding included.
BUDGET = 4096
#: Words that are told for each gap.
WORDS = 5


@dataclass(frozen=True)
class MaskFiller:
    """An encoder that says which words may stand in a gap. Made by :func:`afina.load`."""

    network: MaskedLanguageModel
    tools: Tools
    task: FillMask
    details: dict[str, Any]
    """What afina.json says beside: base model, licence, language."""

    #: What :meth:`stream` adds to a row of a table.
    columns: ClassVar[tuple[str, ...]] = ("word", "probability")

    @property
    def clean(self) -> Clean:
        """Only letters are cleaned, as in training."""
        return Clean(whitespace=False, html=False)

    def predict(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """One object a text for its first gap, written as the tokenizer's mask: ``word``, ``probability`` and
        ``words``. Raises DataError for a text without a gap."""
        return list(self.stream(texts))

    @torch.inference_mode()
    def stream(self, texts: Iterable[str]) -> Iterator[dict[str, Any]]:
        """The same in the order of the texts."""
        self.network.eval()
        tokenizer = self.tools.tokenizer
        for text in texts:
            asked = tokenizer(
                self.clean.apply(text)[0], truncation=True, max_length=self.tools.max_length,
                return_tensors="pt",
            )  # fmt: skip
            gaps = (asked["input_ids"][0] == tokenizer.mask_token_id).nonzero().flatten().tolist()
            if not gaps:
                raise DataError(
                    _("this text has no gap: {text}").format(text=text[:60]),
                    fix=_("Write {mask} in the place of a word.").format(mask=tokenizer.mask_token),
                )
            chances = self.network.whole(**asked).logits[0, gaps[0]].double().softmax(-1)
            best = chances.topk(WORDS)
            words = {
                tokenizer.decode([number]).strip(): float(chance)
                for chance, number in zip(best.values.tolist(), best.indices.tolist(), strict=True)
            }
            word = max(words, key=words.__getitem__)
            yield {"word": word, "probability": words[word], "words": words}

    @torch.inference_mode()
    def losses(self, rows: Sequence[Row]) -> NDArray[np.float32]:
        """(N, 2): the sum of the losses of each row's hidden tokens, and their number.

        Hidden is what the loop hides of the rows of an evaluation.
        """
        objective = MaskedLm()
        self.network.eval()
        rows = [objective.seen(row, self.tools, (0, 0, number)) for number, row in enumerate(rows)]
        found = np.zeros((len(rows), 2), np.float32)
        for group in token_groups([len(row.ids) for row in rows], range(len(rows)), BUDGET):
            batch = objective.collate([rows[number] for number in group], self.tools, group)
            found[group] = objective.outcome(self.network(**batch.inputs), batch).float().numpy()
        return found

    def save(self, folder: Path) -> dict[str, Any]:
        """Writes weights and tokenizer, and gives what afina.json has to say."""
        with quiet():
            self.network.whole.save_pretrained(folder)
            self.tools.tokenizer.save_pretrained(folder)
        return {**self.details, "task": self.task.plain(), "max_length": self.tools.max_length}

    @classmethod
    def read(cls, folder: Path, task: FillMask, values: Mapping[str, Any]) -> MaskFiller:
        """The model in a folder that :meth:`save` wrote; ``values`` are those of afina.json."""
        known = dict(values)
        loaded = load(Model(name=str(folder.resolve()), max_length=known.pop("max_length")), head="masked")
        network = MaskedLanguageModel(loaded.whole)
        network.requires_grad_(False).eval()
        return cls(network, Tools(loaded.tokenizer, (), loaded.max_length), task, known)
