"""Prompt tuning: a few virtual tokens before every text learn."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from peft import PromptTuningConfig
from pydantic import Field
from safetensors.torch import save_file
from torch import Tensor, nn

from ..errors import RecipeError
from ..language import _
from ..models.network import Network
from .base import Adapted, Method
from .beside import Beside, Module, tried

__all__ = ["Prompt"]


class Prompt(Method):
    """Prompt tuning: virtual tokens before every text learn, and the head; the network stays as it was."""

    kind: Literal["prompt"] = "prompt"
    merges: ClassVar[bool] = False
    learning_rate: ClassVar[float] = 1e-2
    epochs: ClassVar[int] = 6
    tokens: int = Field(20, ge=1, le=1000)
    """How many virtual tokens stand before every text."""
    head_factor: float = Field(1.0, gt=0)
    """Learning rate of the new head, as a multiple of the virtual tokens'."""

    def apply(self, network: Network) -> Adapted:
        """After Lester et al. 2021; the virtual tokens start as words drawn from the vocabulary.

        The head sees the text only: pooling leaves the virtual tokens out. Raises RecipeError for a network
        that does not take word embeddings in place of words.
        """
        get = getattr(network.trunk, "get_input_embeddings", None)
        words = get() if get is not None else None
        if not isinstance(words, nn.Embedding):
            raise _refused()
        drawn = torch.randint(words.num_embeddings, (self.tokens,))
        beside = _Prompt(words.weight.detach()[drawn.to(words.weight.device)].clone())
        handles = (
            network.trunk.register_forward_pre_hook(beside.before, with_kwargs=True),
            network.trunk.register_forward_hook(beside.after),
        )
        if not tried(network, beside):
            for handle in handles:
                handle.remove()
            raise _refused()
        return _Prompted(network, beside, self.head_factor)


def _refused() -> RecipeError:
    return RecipeError(
        _("this network takes no virtual tokens before its words."),
        where="adapt.kind",
        fix=_("Use 'lora' or 'bottleneck'."),
    )


class _Prompt(Module):
    """(P, H) virtual tokens."""

    def __init__(self, tokens: Tensor) -> None:
        super().__init__()
        self.tokens = nn.Parameter(tokens)

    def before(self, trunk: Any, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]] | None:
        if not self.active:
            return None
        words = trunk.get_input_embeddings()(kwargs["input_ids"])
        tokens = self.tokens.unsqueeze(0).expand(len(words), -1, -1)
        mask = kwargs["attention_mask"]
        given = {name: value for name, value in kwargs.items() if name != "input_ids"}
        given["inputs_embeds"] = torch.cat([tokens.to(words.dtype), words], 1)
        given["attention_mask"] = torch.cat([mask.new_ones(len(mask), len(self.tokens)), mask], 1)
        if (types := kwargs.get("token_type_ids")) is not None:
            given["token_type_ids"] = torch.cat([types.new_zeros(len(mask), len(self.tokens)), types], 1)
        return args, given

    def after(self, _trunk: Any, _args: Any, out: Any) -> Any:
        if self.active:
            out.last_hidden_state = out.last_hidden_state[:, len(self.tokens) :]
        return out


class _Prompted(Beside):
    """A network with virtual tokens."""

    def write_adapter(self, folder: Path, base: str) -> None:
        beside = self.network.beside
        assert isinstance(beside, _Prompt)
        config = self.network.trunk.config
        folder.mkdir()
        save_file(
            {"prompt_embeddings": beside.tokens.detach().contiguous()}, folder / "adapter_model.safetensors"
        )
        PromptTuningConfig(
            task_type="FEATURE_EXTRACTION", base_model_name_or_path=base, inference_mode=True,
            num_virtual_tokens=len(beside.tokens), token_dim=beside.tokens.shape[1],
            num_transformer_submodules=1, num_attention_heads=config.num_attention_heads,  # type: ignore[union-attr,arg-type]
            num_layers=config.num_hidden_layers,  # type: ignore[union-attr,arg-type]
        ).save_pretrained(str(folder))  # fmt: skip
