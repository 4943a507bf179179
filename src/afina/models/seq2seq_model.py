"""A network that reads one text and says which token comes next in another."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
import transformers
from torch import Tensor, nn

from ..errors import ModelError
from ..language import _
from .token_loss import token_losses
from .vocabulary import VocabularyNetwork

__all__ = ["Seq2SeqModel", "trunk_of"]


class Seq2SeqModel(VocabularyNetwork):
    """encoder -> decoder -> pretrained head over the vocabulary.

    Args:
        whole: an encoder-decoder of transformers with its head. It stays whole: its parts are the trunk and
            the head.

    Raises ModelError where its scores are not ``W·s·h + b`` of what its decoder says, or where it does not
    read its answer moved by one place behind the token that all begin with.
    """

    ahead: ClassVar[int] = 0
    # In training nothing is read again, so keys and values are not kept.
    options: ClassVar[dict[str, Any]] = {"use_cache": False}

    def __init__(self, whole: Any) -> None:
        super().__init__(whole, trunk_of(whole))
        config = whole.config
        if config.decoder_start_token_id is None:
            raise ModelError(
                _("{name} does not say which token its answers begin with.").format(name=type(whole).__name__)
            )
        #: The token that every answer begins with, which is read and never learnt.
        self.start: int = config.decoder_start_token_id
        #: T5 makes what its tied head reads smaller.
        self.scale: float = config.d_model**-0.5 if getattr(config, "scale_decoder_outputs", False) else 1.0
        self.check()

    def forward(
        self, *, owners: Tensor, places: Tensor, targets: Tensor, counts: Tensor, **inputs: Any
    ) -> Tensor:
        """(M,) weighted losses of the labelled tokens; see :func:`~afina.models.token_loss.token_losses`.

        Args:
            owners: (M,) int64, the row of each labelled token.
            places: (M,) int64, its place in the answer, which is that of the token before it in what the
                decoder reads.
            targets: (M,) int64, the token itself.
            counts: (M,) how much it counts.
            inputs: ``input_ids`` and ``attention_mask`` (B, T) of what is read, ``decoder_input_ids`` (B, U).
        """
        hidden = self.hidden(**inputs)[owners, places] * self.scale
        return token_losses(hidden, self.head.weight, targets, counts, bias=self._bias(hidden))

    def _bias(self, hidden: Tensor) -> Tensor | None:
        """(V,): Marian and BART keep it beside the head, which has none of its own."""
        beside: Tensor | None = getattr(self.whole, "final_logits_bias", None)
        return self.head.bias if beside is None else beside[0].to(hidden)

    def answer(self, targets: Tensor) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        moved = torch.cat([targets.new_tensor([self.start]), targets[:-1]])
        return {"decoder_input_ids": moved.unsqueeze(0)}, {"labels": targets.unsqueeze(0)}


def trunk_of(whole: Any) -> nn.Module | None:
    """Encoder and decoder of T5 and its like, which keep them beside the head; None where they are one part.

    The modules are those of ``whole`` itself.
    """
    if whole.base_model is not whole:
        return None
    with torch.device("meta"):
        trunk: nn.Module = transformers.MODEL_MAPPING[type(whole.config)](whole.config)
    for name in dict(trunk.named_children()):
        setattr(trunk, name, getattr(whole, name))
    return trunk.train(whole.training)
