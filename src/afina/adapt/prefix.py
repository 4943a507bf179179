"""Prefix tuning: keys and values before those of every text learn, in each block."""

from __future__ import annotations

from inspect import signature
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from peft import PrefixTuningConfig
from pydantic import Field
from safetensors.torch import save_file
from torch import Tensor, nn
from transformers import DynamicCache

from ..errors import RecipeError
from ..language import _
from ..models.network import Network
from .base import Adapted, Method
from .beside import Beside, Module, tried

__all__ = ["Prefix"]


class Prefix(Method):
    """Prefix tuning: keys and values that every block attends to beside the text learn, and the head."""

    kind: Literal["prefix"] = "prefix"
    merges: ClassVar[bool] = False
    learning_rate: ClassVar[float] = 1e-2
    epochs: ClassVar[int] = 6
    tokens: int = Field(20, ge=1, le=1000)
    """How many virtual tokens each block sees before the text."""
    head_factor: float = Field(1.0, gt=0)
    """Learning rate of the new head, as a multiple of the prefix's."""

    def apply(self, network: Network) -> Adapted:
        """After Li & Liang 2021, without their reparametrisation; the numbers start near 0.

        For networks that take keys and values from before: BERT and RoBERTa, GPT-2, Llama, Qwen, Gemma.
        Raises RecipeError for others, such as DistilBERT, ModernBERT, DeBERTa and T5.
        """
        beside = _Prefix(network, self.tokens)
        handle = network.trunk.register_forward_pre_hook(beside.before, with_kwargs=True)
        if not tried(network, beside):
            handle.remove()
            raise RecipeError(
                _("this network does not take keys and values from before its text."),
                where="adapt.kind",
                fix=_("Use 'prompt', 'lora' or 'bottleneck'."),
            )
        return _Prefixed(network, beside, self.head_factor)


class _Prefix(Module):
    """(P, L·2·K·D): of each virtual token the key and the value of each block, K heads of D numbers."""

    def __init__(self, network: Network, tokens: int) -> None:
        super().__init__()
        config: Any = getattr(network.trunk, "config", None)
        heads = getattr(config, "num_attention_heads", None) or 1
        width = getattr(config, "head_dim", None) or getattr(config, "hidden_size", heads) // heads
        self.layers = len(network.anatomy.blocks)
        self.heads: int = getattr(config, "num_key_value_heads", None) or heads
        self.width: int = width
        # transformers from 5.24 on calls it cache.
        takes = signature(network.trunk.forward).parameters
        self.name = "past_key_values" if "past_key_values" in takes else "cache"
        self.tokens = nn.Parameter(torch.randn(tokens, self.layers * 2 * self.heads * width) * 0.02)

    def before(self, _trunk: Any, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]] | None:
        if not self.active:
            return None
        mask: Tensor = kwargs["attention_mask"]
        rows, count = len(mask), len(self.tokens)
        shaped = self.tokens.view(count, self.layers, 2, self.heads, self.width).permute(1, 2, 3, 0, 4)
        states = shaped.unsqueeze(2).expand(-1, -1, rows, -1, -1, -1)
        cache = DynamicCache([(layer[0], layer[1]) for layer in states])
        given = {**kwargs, self.name: cache, "use_cache": True}
        given["attention_mask"] = torch.cat([mask.new_ones(rows, count), mask], 1)
        return args, given


class _Prefixed(Beside):
    """A network with a prefix in every block."""

    def write_adapter(self, folder: Path, base: str) -> None:
        beside = self.network.beside
        assert isinstance(beside, _Prefix)
        folder.mkdir()
        save_file(
            {"prompt_embeddings": beside.tokens.detach().contiguous()}, folder / "adapter_model.safetensors"
        )
        PrefixTuningConfig(
            task_type="FEATURE_EXTRACTION", base_model_name_or_path=base, inference_mode=True,
            num_virtual_tokens=len(beside.tokens), token_dim=beside.heads * beside.width,
            num_transformer_submodules=1, num_attention_heads=beside.heads, num_layers=beside.layers,
        ).save_pretrained(str(folder))  # fmt: skip
