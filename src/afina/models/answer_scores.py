"""How probable each of some answers is to a language model, word for word."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from inspect import signature
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from .language_model import LanguageModel

__all__ = ["answer_scores"]

#: Tokens whose keys and values are kept at once.
BUDGET = 8192


@torch.inference_mode()
def answer_scores(
    network: LanguageModel,
    prompts: Sequence[Sequence[int]],
    answers: Sequence[Sequence[int]],
    listen: Callable[[int, int], None] = lambda done, total: None,
) -> NDArray[np.float64]:
    """(N, C): the log-probability of each answer as a whole after each prompt.

    ``log p(a | x) = Σ_t log p(a_t | x, a_<t)``, exactly. What prompts begin with alike is computed once, and
    its keys and values serve all of them; those of a prompt serve all answers. Prompts of one length are
    computed together, so nothing is padded but the ends of answers, which nothing reads.

    Args:
        prompts: (N,) token ids, at least one each.
        answers: (C,) token ids, at least one each.
        listen: told how many tokens of prompts are done, and of how many.
    """
    network.eval()
    found = np.empty((len(prompts), len(answers)))
    begun = _begun(prompts)
    shared = _Read(network)(torch.tensor([prompts[0][:begun]])).kept if begun else None
    total, done = sum(len(prompt) - begun for prompt in prompts), 0
    for group in _groups(prompts, begun, answers):
        ids = torch.tensor([prompts[row][begun:] for row in group])
        read = _Read(network, copy.deepcopy(shared)).repeated(len(group))(ids)
        found[group] = _after(read, answers).double().cpu().numpy()
        done += ids.numel()
        listen(done, total)
    return found


def _begun(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts begin with; one of each is left to be read by itself."""
    # What all begin with is what the first and the last in order do.
    first, last = min(map(tuple, prompts)), max(map(tuple, prompts))
    most = min(map(len, prompts)) - 1
    return next((place for place in range(most) if first[place] != last[place]), most)


def _groups(
    prompts: Sequence[Sequence[int]], begun: int, answers: Sequence[Sequence[int]]
) -> Iterator[list[int]]:
    """Numbers of prompts of one length, as many as the budget allows with all their answers."""
    alike: dict[int, list[int]] = defaultdict(list)
    for number, prompt in enumerate(prompts):
        alike[len(prompt)].append(number)
    for length in sorted(alike, reverse=True):
        size = max(1, BUDGET // (len(answers) * (length + max(map(len, answers)))))
        rows = alike[length]
        yield from (rows[start : start + size] for start in range(0, len(rows), size))


class _Read:
    """Token ids (B, T) that a network has read, with keys and values of what came before."""

    def __init__(self, network: LanguageModel, kept: Any = None) -> None:
        self.network, self.kept = network, kept
        # transformers from 5.24 on calls it cache.
        self._name = "cache" if "cache" in signature(network.trunk.forward).parameters else "past_key_values"

    def __call__(self, ids: Tensor) -> _Read:
        """Goes on with ``ids``."""
        ids = ids.to(self.network.head.weight.device)
        told = self.network.trunk(input_ids=ids, use_cache=True, **{self._name: self.kept})
        self.kept, self.hidden = told[self._name], told.last_hidden_state
        return self

    def repeated(self, times: int) -> _Read:
        """With each row ``times`` times."""
        if self.kept is not None:
            self.kept.batch_repeat_interleave(times)
        return self

    def next(self) -> Tensor:
        """(B, T, V): log-probability of each token after each that was read last."""
        scores: Tensor = self.network.head(self.hidden)
        if self.network.softcap is not None:
            scores = self.network.softcap * torch.tanh(scores / self.network.softcap)
        return scores.log_softmax(-1)


def _after(read: _Read, answers: Sequence[Sequence[int]]) -> Tensor:
    """(B, C) log-probabilities of the answers after what was read."""
    read.hidden = read.hidden[:, -1:]
    first = read.next()[:, 0]
    found = first[:, [answer[0] for answer in answers]]
    longer = [number for number, answer in enumerate(answers) if len(answer) > 1]
    if not longer:
        return found
    width = max(len(answers[number]) for number in longer) - 1
    ids, targets = (torch.zeros((len(longer), width), dtype=torch.int64) for _ in range(2))
    counts = torch.zeros((len(longer), width), dtype=first.dtype)
    for row, number in enumerate(longer):
        answer = torch.tensor(answers[number])
        part = slice(len(answer) - 1)
        ids[row, part], targets[row, part], counts[row, part] = answer[:-1], answer[1:], 1.0
    rows = len(found)
    read.repeated(len(longer))(ids.repeat(rows, 1))
    chances = read.next().reshape(rows, len(longer), width, -1)
    right = chances.gather(-1, targets.to(found.device).expand(rows, -1, -1).unsqueeze(-1)).squeeze(-1)
    found[:, longer] += (right * counts.to(found.device)).sum(-1)
    return found
