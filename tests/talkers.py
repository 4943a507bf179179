"""A tiny language model with a tokenizer of bytes, for conversations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = ["<|begin|>", "<|im_start|>", "<|im_end|>"]
MERGES = [("Ċ", "H"), ("r", "e")]


def tokenizer(template: str | None = CHATML, *, begins: bool = False) -> Any:
    """Every byte is a token, as are the special ones and two pairs of letters."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = [*SPECIAL, *letters, *map("".join, MERGES)]
    made = Tokenizer(models.BPE({word: number for number, word in enumerate(words)}, MERGES))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    if begins:
        made.post_processor = processors.TemplateProcessing(
            single="<|begin|> $A", special_tokens=[("<|begin|>", 0)]
        )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=made, bos_token=SPECIAL[0], eos_token=SPECIAL[2], pad_token=SPECIAL[2],
        additional_special_tokens=[SPECIAL[1]],
    )  # fmt: skip
    fast.chat_template = template
    return fast


def write(folder: Path, template: str | None = CHATML, *, positions: int = 128) -> Path:
    """The folder of a Llama of 3 blocks with random weights that prefer some letters to others."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    made = tokenizer(template)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(made), hidden_size=32, intermediate_size=64, num_hidden_layers=3,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=positions,
        initializer_range=0.3, bos_token_id=0, eos_token_id=2, pad_token_id=2, tie_word_embeddings=True,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    made.save_pretrained(folder)
    return folder
