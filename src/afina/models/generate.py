"""Texts that models write: one function for measuring, answering and chatting."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from inspect import signature
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor
from transformers import (
    DynamicCache,
    EncoderDecoderCache,
    GenerationConfig,
    StoppingCriteria,
    StoppingCriteriaList,
)  # fmt: skip

from ..data.batch import token_groups
from ..data.chat import DEFAULT_STOP, DEFAULT_TEMPLATE
from ..section import Section
from .language_model import LanguageModel
from .seq2seq_model import Seq2SeqModel

__all__ = ["Generate", "generate"]

#: Tokens of prompts and answers that are computed on at once, padding included.
BUDGET = 8192


class Generate(Section):
    """How answers are generated."""

    place: ClassVar[str] = "task.answers"
    max_tokens: int = Field(128, ge=1)
    """Longest answer, in tokens."""
    temperature: float = Field(0.0, ge=0, le=10)
    """How freely the next token is drawn: 0 always takes the likeliest one."""
    top_p: float = Field(1.0, gt=0, le=1)
    """Draw only from the likeliest tokens whose probabilities together reach this."""
    stop: tuple[str, ...] = ()
    """Texts at which an answer ends; they are not part of it."""


@torch.inference_mode()
def generate(
    network: LanguageModel | Seq2SeqModel,
    tokenizer: Any,
    prompts: Sequence[Sequence[int]],
    settings: Generate,
    seed: int = 0,
    listen: Callable[[str], None] | None = None,
) -> list[str]:
    """The answers to prompts, in their order, without end tokens and stop texts.

    Where the model has no chat template of its own, the default one is written back: an answer ends where the
    next question would begin, and the space after the colon is no part of it.

    Prompts of about one length are computed together, with the keys and values of earlier tokens kept. They
    are padded on the left, and on the right where an encoder reads them and the answer begins anew. Whoever
    generates greedily gets the same answer in whatever batch, but for rounding.

    Args:
        prompts: token ids, at least one each; what is longer than a language model reads leaves room for one
            token.
        seed: of the draws, when the temperature is above 0; drawn anew for each group of prompts.
        listen: told each piece of text as it is generated; for a single prompt.
    """
    whole, apart = network.whole, isinstance(network, Seq2SeqModel)
    network.eval()
    plain = not apart and tokenizer.chat_template == DEFAULT_TEMPLATE
    stops = (*settings.stop, DEFAULT_STOP) if plain else settings.stop
    lengths = [len(prompt) + settings.max_tokens for prompt in prompts]
    answers: dict[int, str] = {}
    for number, group in enumerate(token_groups(lengths, range(len(prompts)), BUDGET)):
        torch.manual_seed(seed + number)
        ids, mask = _padded([prompts[row] for row in group], tokenizer.pad_token_id, network, right=apart)
        begin = 1 if apart else ids.shape[1]
        watch = _Watch(tokenizer, begin, stops, " " if plain else "", listen)
        drawn = settings.temperature > 0
        room = (getattr(whole.config, "max_position_embeddings", None) or math.inf) - begin
        config = GenerationConfig(
            max_new_tokens=int(max(1, min(settings.max_tokens, room))),
            do_sample=drawn, num_beams=1, pad_token_id=tokenizer.pad_token_id,
            eos_token_id=_ends(whole, tokenizer), bos_token_id=tokenizer.bos_token_id, use_cache=True,
            **(_begins(whole) if apart else {}),
            **({"temperature": settings.temperature, "top_p": settings.top_p, "top_k": 0} if drawn else {}),
        )  # fmt: skip
        made = whole.generate(
            input_ids=ids,
            attention_mask=mask,
            generation_config=config,
            stopping_criteria=StoppingCriteriaList([watch]),
            **(_cache(whole) if apart else {}),
        )
        for row, answer in zip(group, made[:, begin:], strict=True):
            answers[row] = watch.text(answer.tolist(), ended=True)
        watch.tell(made, ended=True)
    return [answers[row] for row in range(len(prompts))]


def _padded(
    prompts: Sequence[Sequence[int]], padding: int, network: LanguageModel | Seq2SeqModel, *, right: bool
) -> tuple[Tensor, Tensor]:
    longest = max(map(len, prompts))
    ids = torch.full((len(prompts), longest), padding, dtype=torch.int64)
    mask = torch.zeros((len(prompts), longest), dtype=torch.int64)
    for row, prompt in enumerate(prompts):
        part = slice(len(prompt)) if right else slice(longest - len(prompt), None)
        ids[row, part] = torch.tensor(prompt, dtype=torch.int64)
        mask[row, part] = 1
    device = network.head.weight.device
    return ids.to(device), mask.to(device)


def _begins(whole: Any) -> dict[str, Any]:
    """How an encoder-decoder says that its answers begin, and what they may never hold."""
    own = whole.generation_config
    named = {"forced_bos_token_id": own.forced_bos_token_id, "bad_words_ids": own.bad_words_ids}
    return {"decoder_start_token_id": whole.config.decoder_start_token_id, **named}


def _cache(whole: Any) -> dict[str, Any]:
    """Room for keys and values that grows with the decoder: transformers makes it as deep as the encoder."""
    # transformers from 5.24 on calls it cache.
    name = "cache" if "cache" in signature(whole.forward).parameters else "past_key_values"
    return {name: EncoderDecoderCache(DynamicCache(), DynamicCache())}


def _ends(whole: Any, tokenizer: Any) -> list[int]:
    """The tokens that end an answer: the tokenizer's and those that the model names."""
    named = getattr(whole.generation_config, "eos_token_id", None)
    every = {tokenizer.eos_token_id, *(named if isinstance(named, list) else [named])}
    return sorted(number for number in every if number is not None)


class _Watch(StoppingCriteria):  # type: ignore[misc]
    """Ends answers at stop texts, and tells what is generated."""

    def __init__(
        self, tokenizer: Any, start: int, stops: Sequence[str], before: str,
        listen: Callable[[str], None] | None,
    ) -> None:  # fmt: skip
        self._tokenizer = tokenizer
        self._start = start
        self._stops = stops
        self._before = before
        self._listen = listen
        self._told = ""

    def __call__(self, input_ids: Tensor, scores: Tensor, **options: Any) -> Tensor:
        self.tell(input_ids)
        if not self._stops:
            return torch.zeros(len(input_ids), dtype=torch.bool, device=input_ids.device)
        # Long enough for any stop text: no token is shorter than a byte, and no letter longer than four.
        tail = 4 * max(map(len, self._stops))
        texts = self._tokenizer.batch_decode(input_ids[:, self._start :][:, -tail:], skip_special_tokens=True)
        found = [any(stop in text for stop in self._stops) for text in texts]
        return torch.tensor(found, device=input_ids.device)

    def text(self, ids: list[int], *, ended: bool) -> str:
        """The answer without what ends it; while it goes on, without what may yet become a stop text."""
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        text = text.removeprefix(self._before)
        places = [text.find(stop) for stop in self._stops if stop in text]
        if places:
            return text[: min(places)]
        if ended:
            return text
        held = max((size for stop in self._stops for size in _begun(text, stop)), default=0)
        # Half a letter comes out as a replacement mark until its other bytes are there.
        return text[: len(text) - held].removesuffix("\N{REPLACEMENT CHARACTER}")

    def tell(self, ids: Tensor, *, ended: bool = False) -> None:
        """Tells what is new since the last time."""
        if self._listen is None:
            return
        text = self.text(ids[0, self._start :].tolist(), ended=ended)
        if len(text) > len(self._told):
            self._listen(text[len(self._told) :])
            self._told = text


def _begun(text: str, stop: str) -> Iterator[int]:
    """How many letters at the end of the text may be the beginning of the stop text."""
    return (size for size in range(1, len(stop)) if text.endswith(stop[:size]))
