"""Tiny encoder-decoders of many families with random weights, and one on disk with a tokenizer of letters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

#: Unlike numbers of blocks in the two stacks, so that nothing confuses them.
T5 = {
    "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 2, "num_decoder_layers": 3, "num_heads": 2,
    "vocab_size": 80, "decoder_start_token_id": 0, "dropout_rate": 0.0,
}  # fmt: skip
BART = {
    "d_model": 16, "encoder_layers": 2, "decoder_layers": 3, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "vocab_size": 80,
    "max_position_embeddings": 64, "init_std": 0.3, "dropout": 0.0,
}  # fmt: skip
FAMILIES = ("t5", "t5 v1.1", "mt5", "umt5", "marian", "bart", "pegasus")


def make(family: str) -> Any:
    """The whole model, in evaluation mode; the same weights at every call."""
    import torch
    import transformers as hf

    made = {
        "t5": lambda: hf.T5ForConditionalGeneration(hf.T5Config(**T5)),
        # With a head of its own, which is not scaled.
        "t5 v1.1": lambda: _untied(
            hf.T5ForConditionalGeneration(
                hf.T5Config(**T5, tie_word_embeddings=False, feed_forward_proj="gated-gelu")
            )
        ),
        "mt5": lambda: _untied(hf.MT5ForConditionalGeneration(hf.MT5Config(**T5))),
        "umt5": lambda: hf.UMT5ForConditionalGeneration(hf.UMT5Config(**T5)),
        "marian": lambda: hf.MarianMTModel(
            hf.MarianConfig(**BART, pad_token_id=0, eos_token_id=2, decoder_start_token_id=0)
        ),
        "bart": lambda: hf.BartForConditionalGeneration(hf.BartConfig(**BART)),
        "pegasus": lambda: hf.PegasusForConditionalGeneration(hf.PegasusConfig(**BART)),
    }
    torch.manual_seed(0)
    whole = made[family]()
    if hasattr(whole, "final_logits_bias"):
        whole.final_logits_bias.normal_()
    return whole.eval()


def _untied(whole: Any) -> Any:
    from torch import nn

    whole.lm_head.weight = nn.Parameter(whole.lm_head.weight.detach().flip(0).clone())
    return whole


def tokenizer(*, sentinels: int = 4) -> Any:
    """One letter, one token; an end token after every text, and sentinels as T5 has them."""
    import transformers as hf
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    signs = [f"<extra_id_{number}>" for number in range(sentinels)]
    letters = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ:.¿ñó\n"
    words = {word: number for number, word in enumerate(["<pad>", "</s>", "<unk>", *letters, *signs])}
    made = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    made.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    made.decoder = decoders.Fuse()
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return hf.PreTrainedTokenizerFast(
        tokenizer_object=made, eos_token="</s>", pad_token="<pad>", unk_token="<unk>",
        additional_special_tokens=signs,
    )  # fmt: skip


def write(folder: Path) -> Path:
    """The folder of a T5 that can learn something in seconds."""
    import torch
    import transformers as hf

    from afina.models.load import quiet

    made = tokenizer()
    torch.manual_seed(0)
    config = hf.T5Config(
        vocab_size=len(made), d_model=32, d_kv=8, d_ff=64, num_layers=2, num_decoder_layers=3, num_heads=4,
        decoder_start_token_id=0, pad_token_id=0, eos_token_id=1,
    )  # fmt: skip
    with quiet():
        hf.T5ForConditionalGeneration(config).save_pretrained(folder)
        made.save_pretrained(folder)
    return folder
