"""Language models in GGUF files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from afina.errors import ModelError
from afina.models.load import Model, load
from afina.models.source import resolve

LETTERS = [chr(code) for code in range(33, 127)]
WORDS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *LETTERS, "Ġ", "Ċ", "he", "ĊĊ", "11"]
MERGES = ["h e", "Ċ Ċ", "1 1"]
HEADS, GROUPS = 4, 2


@pytest.fixture
def network() -> LlamaForCausalLM:
    torch.manual_seed(0)
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(WORDS), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
            num_attention_heads=HEADS, num_key_value_heads=GROUPS, max_position_embeddings=64,
            tie_word_embeddings=True, bos_token_id=1, eos_token_id=2, pad_token_id=2,
        )
    ).eval()  # fmt: skip


def interleaved(weight: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Rows of a query or key in the order of the GGUF format, which rotates neighbours."""
    return weight.reshape(heads, 2, -1, weight.shape[1]).swapaxes(1, 2).reshape(weight.shape)


def write(
    path: Path,
    network: LlamaForCausalLM,
    *,
    packed: gguf.GGMLQuantizationType | None = None,
    architecture: str = "llama",
    cut: str = "smollm",
) -> dict[str, NDArray[np.float32]]:
    """Writes the network, and gives its tensors as they come out again, by their names in the file."""
    config = network.config
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_name("tiny")
    writer.add_license("mit")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(GROUPS)
    writer.add_rope_freq_base(10000.0)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(len(WORDS))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(cut)
    writer.add_token_list(WORDS)
    writer.add_token_types([3 if word.startswith("<|") else 1 for word in WORDS])
    writer.add_token_merges(MERGES)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_add_bos_token(False)
    writer.add_chat_template("{% for m in messages %}<|im_start|>{{ m['content'] }}<|im_end|>{% endfor %}")
    state: dict[str, Any] = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    tensors = {
        "token_embd.weight": state["model.embed_tokens.weight"],
        "output_norm.weight": state["model.norm.weight"],
    }
    told = {
        "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
        "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
        "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
        "ffn_down": "mlp.down_proj",
    }  # fmt: skip
    for block in range(config.num_hidden_layers):
        for short, full in told.items():
            weight = state[f"model.layers.{block}.{full}.weight"]
            if short in ("attn_q", "attn_k"):
                weight = interleaved(weight, HEADS if short == "attn_q" else GROUPS)
            tensors[f"blk.{block}.{short}.weight"] = weight
    found = {}
    for name, weight in tensors.items():
        if packed is None or weight.ndim == 1:
            writer.add_tensor(name, weight)
            found[name] = weight
        else:
            numbers = gguf.quantize(weight, packed)
            writer.add_tensor(name, numbers, raw_dtype=packed)
            found[name] = gguf.dequantize(numbers, packed)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return found


IDS = torch.tensor([[1, 40, 50, 60, 2]])


def test_a_file_becomes_the_network_that_it_was_written_from(
    network: LlamaForCausalLM, tmp_path: Path
) -> None:
    write(tmp_path / "tiny.gguf", network)
    source = resolve(str(tmp_path / "tiny.gguf"))
    assert (source.origin, source.licence) == ("folder", "mit")
    again = AutoModelForCausalLM.from_pretrained(source.folder, dtype=torch.float32)
    with torch.no_grad():
        assert torch.equal(again(IDS).logits, network(IDS).logits)
    assert again.lm_head.weight is again.model.embed_tokens.weight
    loaded = load(Model(name=str(tmp_path / "tiny.gguf")))
    with torch.no_grad():
        assert torch.equal(loaded.trunk(IDS).last_hidden_state, network.model(IDS).last_hidden_state)
    assert (loaded.pooling, loaded.max_length, loaded.licence) == ("last", 64, "mit")


@pytest.mark.parametrize("kind", ["Q4_0", "Q4_1", "Q5_0", "Q8_0"])
def test_packed_numbers_are_those_that_the_format_says(
    network: LlamaForCausalLM, kind: str, tmp_path: Path
) -> None:
    held = write(tmp_path / "tiny.gguf", network, packed=gguf.GGMLQuantizationType[kind])
    trunk = load(Model(name=str(tmp_path / "tiny.gguf"))).trunk
    state = {name: tensor.numpy() for name, tensor in trunk.state_dict().items()}
    np.testing.assert_array_equal(state["layers.1.mlp.up_proj.weight"], held["blk.1.ffn_up.weight"])
    query = interleaved(state["layers.0.self_attn.q_proj.weight"], HEADS)
    np.testing.assert_array_equal(query, held["blk.0.attn_q.weight"])
    np.testing.assert_array_equal(state["embed_tokens.weight"], held["token_embd.weight"])


def test_it_is_decoded_once_for_each_content(network: LlamaForCausalLM, tmp_path: Path) -> None:
    write(tmp_path / "tiny.gguf", network)
    first = resolve(str(tmp_path)).folder
    stamp = (first / "model.safetensors").stat().st_mtime_ns
    assert resolve(str(tmp_path / "tiny.gguf")).folder == first
    assert (first / "model.safetensors").stat().st_mtime_ns == stamp
    with torch.no_grad():
        network.model.norm.weight.add_(1)
    write(tmp_path / "tiny.gguf", network)
    assert resolve(str(tmp_path / "tiny.gguf")).folder != first


def test_every_digit_stands_alone_and_the_template_of_chats_is_kept(
    network: LlamaForCausalLM, tmp_path: Path
) -> None:
    write(tmp_path / "tiny.gguf", network)
    tokenizer = load(Model(name=str(tmp_path / "tiny.gguf"))).tokenizer
    # As GPT-2 cuts, the two line breaks would part before the digits.
    assert tokenizer.tokenize("he\n\n11<|im_end|>") == ["he", "ĊĊ", "1", "1", "<|im_end|>"]
    assert tokenizer.apply_chat_template([{"role": "user", "content": "he"}], tokenize=False) == (
        "<|im_start|>he<|im_end|>"
    )


def test_what_is_not_known_is_refused(network: LlamaForCausalLM, tmp_path: Path) -> None:
    path = tmp_path / "tiny.gguf"
    write(path, network, cut="chameleon")
    with pytest.raises(ModelError, match=r"tiny\.gguf: this GGUF file cuts texts .*\(gpt2 chameleon\)"):
        resolve(str(path))
    write(path, network, architecture="plamo")
    with pytest.raises(ModelError, match=r"an architecture that is not known here \(plamo\)"):
        resolve(str(path))
    path.write_bytes(b"GGUF" + b"\xff" * 40)
    with pytest.raises(ModelError, match=r"tiny\.gguf: this GGUF file cannot be read"):
        resolve(str(path))
    assert not list(Path(tmp_path / "afina-cache" / "packages").glob("*"))


@pytest.mark.model
class TestSmolLM2:
    """The default language model, as it comes from its package."""

    def test_what_it_is(self) -> None:
        loaded = load(Model(name="smollm2-135m"))
        assert (loaded.name, loaded.licence, loaded.pooling) == ("smollm2-135m", "Apache-2.0", "last")
        assert loaded.fingerprint == "a672150fb4f99d7c8f4168cecdd464069c0ef3a37d8113f22ddb9d48031d03cd"
        assert sum(p.numel() for p in loaded.trunk.parameters()) == 134_515_008
        assert len(loaded.tokenizer) == 49_152

    def test_texts_come_back_and_digits_stand_alone(self) -> None:
        tokenizer = load(Model(name="smollm2-135m")).tokenizer
        for text in (
            "El niño comió 25 manzanas.\n\n  ¿Qué?",
            " a\tb",
            "日本🎉",
            "<|im_start|>user\nhi<|im_end|>\n",
        ):
            assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
        assert tokenizer.tokenize("in\n\n1945") == ["in", "ĊĊ", "1", "9", "4", "5"]

    def test_it_knows_what_it_was_taught(self) -> None:
        loaded = load(Model(name="smollm2-135m"))
        network = AutoModelForCausalLM.from_pretrained(resolve("smollm2-135m").folder, dtype=torch.float32)
        ids = loaded.tokenizer("The capital of France is", return_tensors="pt")["input_ids"]
        with torch.no_grad():
            assert loaded.tokenizer.decode(network(ids).logits[0, -1].argmax()) == " Paris"
