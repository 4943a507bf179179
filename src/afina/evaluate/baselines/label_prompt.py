"""Prompts for labels: a language model that was never trained on the rows is asked which label fits."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from pydantic import Field

from ...data.chat import check_tokenizer, encode_conversation, prompt_ids
from ...data.conversation import ANSWERER, Conversation, Message
from ...data.example import LabelledText, Where
from ...data.row import Tools
from ...errors import ModelError
from ...language import _
from ...models.answer_scores import answer_scores
from ...models.language_model import LanguageModel
from ...models.load import DEFAULT_LANGUAGE_MODEL, Loaded, Model, load
from ..words import duration
from .base import Baseline, Context, Outcome, Vector

__all__ = ["LabelPrompt", "calibrated"]

#: Tokens of a text; the end of a longer one is left out.
LONGEST = 256
#: Most tokens of examples before a text.
ROOM = 1024
#: Seconds from which it is told how long answering will take.
LONG = 20.0
#: What the model is told, by the language of the data.
INSTRUCTIONS = {
    "en": "Choose the label that fits the text best: {labels}. Answer with the label alone.",
    "es": "Elige la etiqueta que mejor describe el texto: {labels}. Responde solo con la etiqueta.",
}
#: Labels that only number classes.
_NUMBERED = re.compile(r"(label|class|category|etiqueta|clase|categor[ií]a)?[\W\d_]*|\w", re.IGNORECASE)


class LabelPrompt(Baseline, ABC):
    """Base of prompts. The answer's probability is that of the whole label, with the token that ends it.

    So the labels are events that exclude each other, and none gains by being short. What a model prefers to
    say whatever the text is divided out (see :func:`calibrated`).
    """

    kind: str
    model: str = DEFAULT_LANGUAGE_MODEL
    """The language model that is asked: a short name such as smollm2-135m, a local folder, or the identifier
    of a model on the Hugging Face hub."""
    instruction: str | None = Field(None, min_length=1)
    """What the model is told to do. Left empty, it is told to choose one of the labels, in the language of
    the texts."""
    words: dict[str, str] = {}
    """What labels are called in the prompt where their names say nothing, such as '0: negative'."""

    def applies(self, context: Context) -> bool:
        return not context.multi_label

    @abstractmethod
    def shown(self, context: Context, texts: Sequence[str]) -> list[list[LabelledText]]:
        """The training rows that are shown before each of the texts, the least useful one first."""

    def fit_predict(self, context: Context) -> Outcome:
        loaded = self._loaded()
        network, tools = LanguageModel(loaded.whole), Tools(loaded.tokenizer, (), 1 << 30)
        check_tokenizer(tools, loaded.name)
        start = time.perf_counter()
        asking = _Asking(self.told(context), self.named(context), tools, _limit(loaded.whole))
        texts = [*context.texts("dev"), *context.texts("test")]
        prompts = [
            asking.prompt(text, examples)
            for text, examples in zip(texts, self.shown(context, texts), strict=True)
        ]
        scores = answer_scores(network, prompts, asking.answers, _Telling(self.kind, context))
        rows = len(context.texts("dev"))
        dev, test = calibrated(scores[:rows], scores[:rows]), calibrated(scores[rows:], scores[:rows])
        size = sum(4 * each.numel() for each in loaded.whole.parameters())
        seconds = time.perf_counter() - start

        def answer(example: LabelledText) -> Vector:
            prompt = asking.prompt(example.text, self.shown(context, [example.text])[0])
            return answer_scores(network, [prompt], asking.answers)

        return Outcome(dev, test, seconds, size, answer, {"instruction": asking.instruction})

    def _loaded(self) -> Loaded:
        try:
            loaded = load(Model(name=self.model), head="causal")
        except ModelError as error:
            # It is not the model of the run.
            raise ModelError(
                [
                    replace(one, where="evaluate.baselines") if one.where == "model.name" else one
                    for one in error.problems
                ]
            ) from None
        if loaded.start is not None:
            raise ModelError(
                _("{name} is an encoder-decoder, which is not asked for labels.").format(name=loaded.name),
                where="evaluate.baselines",
                fix=_("Choose a language model, such as smollm2-135m."),
            )
        return loaded

    def named(self, context: Context) -> dict[str, str]:
        """Label -> what it is called in the prompt."""
        return {label: self.words.get(label, label.replace("_", " ")) for label in context.labels}

    def says(self, context: Context) -> bool:
        """Whether the names of all labels say something."""
        return not any(_NUMBERED.fullmatch(name.strip()) for name in self.named(context).values())

    def told(self, context: Context) -> str:
        """The instruction."""
        usual = INSTRUCTIONS.get(context.language, INSTRUCTIONS["en"])
        return self.instruction or usual.format(labels=", ".join(self.named(context).values()))


def calibrated(scores: Vector, seen: Vector) -> Vector:
    """(N, C) probabilities of labels, without what the model prefers to say whatever the text is.

    Batch calibration (Zhou et al. 2024): ``q(y | x) ∝ p(y | x) / p(y)`` where ``p(y | x)`` are the scores as
    probabilities of one of the labels, and ``p(y)`` is the mean of the same over rows ``seen``. That takes no
    label of theirs.

    Args:
        scores: (N, C) log-probabilities of the labels.
        seen: (M, C) likewise, of the rows that the preference is measured on.
    """
    from scipy.special import log_softmax, logsumexp, softmax

    preferred = logsumexp(log_softmax(seen, axis=1), axis=0) - np.log(len(seen))
    found: Vector = softmax(log_softmax(scores, axis=1) - preferred, axis=1)
    return found


@dataclass
class _Asking:
    """Texts as prompts, and labels as answers."""

    instruction: str
    names: dict[str, str]
    tools: Tools
    limit: int
    _texts: dict[str, tuple[str, int]] = field(default_factory=dict)

    def prompt(self, text: str, examples: Sequence[LabelledText]) -> list[int]:
        """Token ids up to the answer; the least useful examples go where there is no room for all."""
        own = self._ids(text, ())
        room = min(ROOM, self.limit - len(own) - max(map(len, self.answers)))
        shown = list(examples)
        # Without what the template writes around them, which is told once there are about as many as fit.
        while sum(self._cut(example.text)[1] for example in shown) > room:
            del shown[0]
        while shown and len(ids := self._ids(text, shown)) - len(own) > room:
            del shown[0]
        return ids if shown else own

    @cached_property
    def answers(self) -> list[list[int]]:
        """Token ids of each label, with the one that ends an answer."""
        made = []
        for name in self.names.values():
            turns = (*self._turns("", ()), Message(ANSWERER, name))
            row = encode_conversation(Conversation(where=Where("", 0), messages=turns), self.tools, "last")
            made.append([number for number, count in zip(row.ids, row.counts, strict=True) if count])
        return made

    def _ids(self, text: str, examples: Sequence[LabelledText]) -> list[int]:
        return prompt_ids(self._turns(text, examples), self.tools)

    def _turns(self, text: str, examples: Sequence[LabelledText]) -> tuple[Message, ...]:
        earlier = [
            turn
            for example in examples
            for turn in (
                Message("user", self._cut(example.text)[0]),
                Message(ANSWERER, self.names[str(example.label)]),
            )
        ]
        return (Message("system", self.instruction), *earlier, Message("user", self._cut(text)[0]))

    def _cut(self, text: str) -> tuple[str, int]:
        """What is left of a text, and its tokens."""
        if text not in self._texts:
            told = self.tools.tokenizer(
                text, add_special_tokens=False, return_offsets_mapping=True, verbose=False
            )["offset_mapping"]
            cut = text if len(told) <= LONGEST else text[: told[LONGEST - 1][1]]
            self._texts[text] = cut, min(len(told), LONGEST)
        return self._texts[text]


@dataclass
class _Telling:
    """Says once how long answering will take, when that is long."""

    kind: str
    context: Context
    start: float = field(default_factory=time.perf_counter)
    told: bool = False

    def __call__(self, done: int, total: int) -> None:
        seconds = time.perf_counter() - self.start
        whole = seconds * total / max(1, done)
        if not self.told and seconds > LONG / 10 and whole > LONG:
            said = _("'{baseline}' asks a language model about every row: about {time}.")
            self.context.note(said.format(baseline=self.kind, time=duration(whole)))
            self.told = True


def _limit(whole: Any) -> int:
    """Tokens that the model can read."""
    return getattr(whole.config, "max_position_embeddings", None) or 1 << 30
