"""Tiny networks of many families, with random weights, and inputs for them."""

import torch
import transformers as hf

SMALL = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
TEXT = {**SMALL, "vocab_size": 64, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
GROUPED = {**TEXT, "num_key_value_heads": 1, "max_position_embeddings": 64}
STAGES = {"depths": [2, 3], "hidden_sizes": [8, 16], "num_channels": 3}
IMAGE = {"image_size": 16, "patch_size": 8}

#: family -> (makes the network, number of blocks)
FAMILIES = {
    "bert": (lambda: hf.BertModel(hf.BertConfig(**TEXT), add_pooling_layer=False), 3),
    "bert with a pooler": (lambda: hf.BertModel(hf.BertConfig(**TEXT)), 3),
    "roberta": (lambda: hf.RobertaModel(hf.RobertaConfig(**TEXT), add_pooling_layer=False), 3),
    "mpnet": (lambda: hf.MPNetModel(hf.MPNetConfig(**TEXT), add_pooling_layer=False), 3),
    "distilbert": (
        lambda: hf.DistilBertModel(
            hf.DistilBertConfig(dim=16, n_layers=3, n_heads=2, hidden_dim=32, vocab_size=64)
        ),
        3,
    ),
    "modernbert": (
        lambda: hf.ModernBertModel(
            hf.ModernBertConfig(**TEXT, cls_token_id=1, sep_token_id=2, max_position_embeddings=64)
        ),
        3,
    ),
    "deberta-v2": (
        lambda: hf.DebertaV2Model(
            hf.DebertaV2Config(
                **TEXT,
                relative_attention=True,
                position_buckets=8,
                norm_rel_ebd="layer_norm",
                conv_kernel_size=3,
                conv_act="gelu",
                pos_att_type="p2c|c2p",
            )
        ),
        3,
    ),
    "gpt2": (lambda: hf.GPT2Model(hf.GPT2Config(n_embd=16, n_layer=3, n_head=2, vocab_size=64)), 3),
    "llama": (lambda: hf.LlamaModel(hf.LlamaConfig(**GROUPED)), 3),
    "qwen2": (lambda: hf.Qwen2Model(hf.Qwen2Config(**GROUPED)), 3),
    "qwen3": (lambda: hf.Qwen3Model(hf.Qwen3Config(**GROUPED, head_dim=8)), 3),
    "gemma3": (lambda: hf.Gemma3TextModel(hf.Gemma3TextConfig(**GROUPED, head_dim=8)), 3),
    "t5 encoder": (
        lambda: hf.T5EncoderModel(
            hf.T5Config(d_model=16, d_kv=8, d_ff=32, num_layers=3, num_heads=2, vocab_size=64)
        ),
        3,
    ),
    "vit": (lambda: hf.ViTModel(hf.ViTConfig(**SMALL, **IMAGE), add_pooling_layer=False), 3),
    # Its two stages, and between them a norm and a convolution that make the image smaller.
    "convnext": (lambda: hf.ConvNextModel(hf.ConvNextConfig(**STAGES, num_stages=2)), 7),
    "resnet": (
        lambda: hf.ResNetModel(hf.ResNetConfig(**STAGES, embedding_size=8, layer_type="basic")),
        5,
    ),
}
IMAGE_FAMILIES = {"vit", "convnext", "resnet"}


def make(family):
    """The network, in evaluation mode; the same weights at every call."""
    torch.manual_seed(0)
    return FAMILIES[family][0]().eval()


def inputs(family, rows=2, length=8):
    """Keyword arguments for a forward pass."""
    generator = torch.Generator().manual_seed(1)
    if family in IMAGE_FAMILIES:
        return {"pixel_values": torch.randn(rows, 3, 16, 16, generator=generator)}
    ids = torch.randint(3, 64, (rows, length), generator=generator)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
