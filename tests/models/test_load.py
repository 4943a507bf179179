"""Reading a pretrained model: only safetensors, no code of its own, and with all of its weights."""

import gc
import hashlib
import json
import shutil

import pytest
import torch
import transformers as hf
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers

from afina.errors import ModelError, RecipeError
from afina.models import load as module
from afina.models.load import Model, default_model, load
from networks import TEXT, make


@pytest.fixture
def folder(tiny_model, tmp_path):
    """A copy of the tiny model that a test may change."""
    return shutil.copytree(tiny_model, tmp_path / "model")


def change(path, **values):
    """Sets values of a JSON file, made when it is not there."""
    held = json.loads(path.read_text()) if path.exists() else {}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**held, **values}))


def save(folder, trunk, **special):
    """Saves a network with a tokenizer of 60 words."""
    vocabulary = {word: number for number, word in enumerate(["<pad>", "<s>", "</s>", "<unk>"])}
    vocabulary |= {f"w{number}": number for number in range(4, 60)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = hf.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", **special)
    fast.save_pretrained(folder)
    trunk.save_pretrained(folder)
    return str(folder)


def dropouts(trunk):
    """Every rate in the network: of its dropout layers, and those that attention keeps as plain numbers."""
    layers = {m.p for m in trunk.modules() if isinstance(m, torch.nn.Dropout)}
    attention = [m for m in trunk.modules() if type(m).__name__.endswith("Attention")]
    plain = {value for m in attention for name, value in vars(m).items() if name.endswith("dropout")}
    return layers | plain


def test_a_folder(tiny_model):
    loaded = load(Model(name=str(tiny_model)))
    assert isinstance(loaded.trunk, hf.BertModel)
    assert not loaded.trunk.training
    assert {p.dtype for p in loaded.trunk.parameters()} == {torch.float32}
    assert loaded.trunk.pooler is None
    assert loaded.trunk.config._attn_implementation == "sdpa"
    assert (loaded.pooling, loaded.width, loaded.max_length) == ("cls", 32, 64)
    assert (loaded.name, loaded.licence) == (str(tiny_model), "")
    saved = load_file(tiny_model / "model.safetensors")
    state = loaded.trunk.state_dict()
    assert saved.keys() == state.keys()
    assert all(torch.equal(saved[name], state[name]) for name in saved)


def test_the_fingerprint_is_the_hash_of_the_weights(folder):
    before = load(Model(name=str(folder)))
    assert before.fingerprint == hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    save_file(
        {k: v * 2 for k, v in load_file(folder / "model.safetensors").items()}, folder / "model.safetensors"
    )
    assert load(Model(name=str(folder))).fingerprint != before.fingerprint


def test_weights_of_other_precision_are_read_as_float32(folder):
    path = folder / "model.safetensors"
    save_file({k: v.bfloat16() for k, v in load_file(path).items()}, path)
    change(folder / "config.json", dtype="bfloat16")
    assert {p.dtype for p in load(Model(name=str(folder))).trunk.parameters()} == {torch.float32}


def test_weights_in_several_files(folder):
    whole = load(Model(name=str(folder)))
    state = load_file(folder / "model.safetensors")
    names = sorted(state)
    parts = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for file, held in parts.items():
        save_file({name: state[name] for name in held}, folder / file)
    (folder / "model.safetensors").unlink()
    index = {name: file for file, held in parts.items() for name in held}
    change(folder / "model.safetensors.index.json", weight_map=index)
    split = load(Model(name=str(folder)))
    assert all(
        torch.equal(p, q) for p, q in zip(whole.trunk.parameters(), split.trunk.parameters(), strict=True)
    )


def test_nothing_is_printed(tiny_model, capfd, caplog):
    load(Model(name=str(tiny_model)))
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


@pytest.mark.parametrize(
    ("family", "special", "pooling", "limit"),
    [
        ("roberta", {"cls_token": "<s>", "pad_token": "<pad>"}, "cls", 511),
        ("distilbert", {"cls_token": "<s>", "pad_token": "<pad>"}, "cls", 512),
        ("modernbert", {"cls_token": "<s>", "pad_token": "<pad>"}, "cls", 64),
        ("deberta-v2", {"cls_token": "<s>", "pad_token": "<pad>"}, "cls", 512),
        ("gpt2", {"eos_token": "</s>"}, "last", 1024),
        ("llama", {"eos_token": "</s>"}, "last", 64),
        ("qwen3", {"eos_token": "</s>"}, "last", 64),
        ("gemma3", {"eos_token": "</s>"}, "last", 64),
        ("t5 encoder", {"eos_token": "</s>", "pad_token": "<pad>"}, "mean", None),
    ],
)
def test_families(family, special, pooling, limit, tmp_path):
    trunk = make(family)
    name = save(tmp_path / "saved", trunk, **special)
    loaded = load(Model(name=name, dropout=0.25, attention_dropout=0.125))
    assert type(loaded.trunk) is type(trunk)
    assert loaded.pooling == pooling
    assert loaded.max_length == min(limit or 512, 512)
    assert loaded.width == 16
    assert loaded.tokenizer.pad_token_id is not None
    assert loaded.trunk.config.pad_token_id is not None
    encoded = loaded.tokenizer(["w4 w5 w6", "w7"], padding=True, return_tensors="pt")
    assert encoded["attention_mask"].tolist() == [[1, 1, 1], [1, 0, 0]]
    with torch.no_grad():
        given = {key: encoded[key] for key in ("input_ids", "attention_mask")}
        real = given["attention_mask"].bool()
        assert torch.equal(
            loaded.trunk(**given).last_hidden_state[real], trunk(**given).last_hidden_state[real]
        )
    hidden = set() if family in ("llama", "qwen3", "gemma3") else {0.25}
    assert dropouts(loaded.trunk) == {0.125, *hidden}


def test_the_whole_of_t5_gives_its_encoder(tmp_path):
    config = hf.T5Config(d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, vocab_size=64)
    whole = hf.T5ForConditionalGeneration(config)
    name = save(tmp_path / "t5", whole, eos_token="</s>", pad_token="<pad>")
    loaded = load(Model(name=name))
    assert isinstance(loaded.trunk, hf.T5EncoderModel)
    assert torch.equal(loaded.trunk.shared.weight, whole.shared.weight)


def test_a_saved_encoder_of_t5_loads_again(tmp_path):
    name = save(tmp_path / "first", make("t5 encoder"), eos_token="</s>", pad_token="<pad>")
    loaded = load(Model(name=name))
    again = load(Model(name=save(tmp_path / "second", loaded.trunk, eos_token="</s>", pad_token="<pad>")))
    assert again.fingerprint
    assert isinstance(again.trunk, hf.T5EncoderModel)


def test_a_model_with_a_head_gives_its_trunk(tmp_path):
    headed = hf.BertForMaskedLM(hf.BertConfig(**TEXT))
    loaded = load(Model(name=save(tmp_path / "bert", headed, cls_token="<s>", pad_token="<pad>")))
    assert isinstance(loaded.trunk, hf.BertModel)
    assert torch.equal(
        loaded.trunk.encoder.layer[2].output.dense.weight, headed.bert.encoder.layer[2].output.dense.weight
    )


def test_dropout_is_as_set(tiny_model):
    trunk = load(Model(name=str(tiny_model), dropout=0.3)).trunk
    assert trunk.embeddings.dropout.p == trunk.encoder.layer[0].output.dropout.p == 0.3
    assert trunk.encoder.layer[0].attention.self.dropout.p == 0.0


@pytest.mark.parametrize(
    ("told", "pooling"),
    [
        ({"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}, "mean"),
        ({"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}, "cls"),
        ({"pooling_mode_lasttoken": True, "include_prompt": True}, "last"),
        ({"pooling_mode": "mean"}, "mean"),
    ],
)
def test_pooling_follows_the_model(folder, told, pooling):
    change(folder / "1_Pooling" / "config.json", word_embedding_dimension=32, **told)
    assert load(Model(name=str(folder))).pooling == pooling
    assert load(Model(name=str(folder), pooling="last")).pooling == "last"


def test_unknown_pooling_is_refused_until_one_is_chosen(folder):
    change(folder / "1_Pooling" / "config.json", pooling_mode_max_tokens=True, pooling_mode_mean_tokens=True)
    with pytest.raises(ModelError, match=r"not known here \(max_tokens\+mean_tokens\)"):
        load(Model(name=str(folder)))
    assert load(Model(name=str(folder), pooling="mean")).pooling == "mean"


def test_lengths(folder):
    assert load(Model(name=str(folder), max_length=16)).max_length == 16
    assert load(Model(name=str(folder), max_length=64)).max_length == 64
    change(folder / "sentence_bert_config.json", max_seq_length=24)
    assert load(Model(name=str(folder))).max_length == 24
    with pytest.raises(ModelError, match=r"model\.max_length: .* reads at most 64 tokens \(got 65\)"):
        load(Model(name=str(folder), max_length=65))


@pytest.mark.parametrize(
    "values", [{"dropout": 1.0}, {"dropout": -0.1}, {"max_length": 1}, {"pooling": "max"}, {"size": 3}]
)
def test_settings_out_of_range_are_refused(values):
    with pytest.raises(RecipeError, match=f"model\\.{next(iter(values))}"):
        Model.of(values)


@pytest.mark.parametrize(
    ("file", "values", "key"),
    [
        ("config.json", {"auto_map": {"AutoModel": "evil.Evil"}}, "auto_map"),
        ("config.json", {"text_config": {"auto_map": {"AutoConfig": "x.Y"}}}, "auto_map"),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["evil.Evil", None]}}, "auto_map"),
        ("config.json", {"_attn_implementation_internal": "someone/kernel"}, "_attn_implementation_internal"),
        ("config.json", {"attn_implementation": {"": "someone/kernel"}}, "attn_implementation"),
        ("config.json", {"transformers_weights": "other.bin"}, "transformers_weights"),
    ],
)
def test_what_asks_for_code_is_refused(folder, file, values, key):
    change(folder / file, **values)
    with pytest.raises(ModelError, match=rf"not part of transformers \({key}\)") as caught:
        load(Model(name=str(folder)))
    assert caught.value.problems[0].where == str(folder / file)


def test_quantised_weights_are_refused(folder):
    change(folder / "config.json", quantization_config={"quant_method": "gptq", "bits": 4})
    with pytest.raises(ModelError, match="quantised"):
        load(Model(name=str(folder)))


def test_pickled_weights_are_refused(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickle"):
        load(Model(name=str(folder)))


def test_an_index_may_not_lead_out_of_the_folder(folder):
    (folder.parent / "outside.safetensors").write_bytes((folder / "model.safetensors").read_bytes())
    change(folder / "model.safetensors.index.json", weight_map={"a": "../outside.safetensors"})
    with pytest.raises(ModelError, match=r"weights of .* are missing"):
        load(Model(name=str(folder)))


def test_an_adapter_beside_the_weights_is_not_loaded(folder):
    change(folder / "adapter_config.json", base_model_name_or_path="someone/else", peft_type="LORA")
    assert load(Model(name=str(folder))).width == 32


def missing_weight(folder):
    state = load_file(folder / "model.safetensors")
    del state["encoder.layer.1.output.dense.weight"]
    save_file(state, folder / "model.safetensors")


def wrong_shape(folder):
    state = load_file(folder / "model.safetensors")
    state["encoder.layer.1.output.dense.weight"] = torch.zeros(3, 3)
    save_file(state, folder / "model.safetensors")


def not_finite(folder):
    state = load_file(folder / "model.safetensors")
    state["encoder.layer.1.output.dense.bias"][3] = float("nan")
    save_file(state, folder / "model.safetensors")


def cut_short(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])


def large_vocabulary(folder):
    state = load_file(folder / "model.safetensors")
    state["embeddings.word_embeddings.weight"] = torch.zeros(10, 32)
    save_file(state, folder / "model.safetensors")
    change(folder / "config.json", vocab_size=10)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (missing_weight, r"1 weight of .* such as encoder\.layer\.1\.output\.dense\.weight"),
        (wrong_shape, "1 weight of .* has another shape than it should have"),
        (not_finite, r"not finite, in encoder\.layer\.1\.output\.dense\.bias"),
        (cut_short, "cannot be loaded"),
        (large_vocabulary, "knows more tokens than the model"),
        (lambda f: (f / "config.json").unlink(), r"has no config\.json"),
        (lambda f: (f / "config.json").write_text("{"), "cannot be read as JSON"),
        (lambda f: (f / "config.json").write_text("[1]"), "does not hold a JSON object"),
        (lambda f: change(f / "config.json", model_type="unheard-of"), "cannot be loaded"),
        (lambda f: change(f / "config.json", num_attention_heads=7), "cannot be loaded"),
        (lambda f: (f / "tokenizer.json").unlink(), "has no tokenizer"),
        (lambda f: (f / "tokenizer.json").write_text("{}"), "cannot be loaded"),
        (lambda f: (f / "model.safetensors").unlink(), r"are missing: model\.safetensors"),
    ],
)
def test_damage_is_told_in_one_sentence(folder, damage, sentence):
    damage(folder)
    with pytest.raises(ModelError, match=sentence) as caught:
        load(Model(name=str(folder)))
    assert len(caught.value.problems) == 1
    assert "\n" not in str(caught.value)


def test_the_default_model_is_used_when_none_is_named(monkeypatch, tiny_model):
    asked = []
    real = module.resolve
    monkeypatch.setattr(module, "resolve", lambda name: (asked.append(name), real(str(tiny_model)))[1])
    load(Model())
    load(Model(), name="other")
    load(Model(name="mine"), name="other")
    load(Model(name="mine"))
    assert asked == ["minilm", "other", "other", "mine"]


@pytest.mark.parametrize(
    ("language", "name"), [("en", "minilm"), ("und", "minilm"), ("es", "e5-small"), ("zh", "e5-small")]
)
def test_the_default_model_reads_the_language(language, name):
    assert default_model(language) == name


def test_garbage_is_collected_again_however_loading_ends(tiny_model, tmp_path):
    load(Model(name=str(tiny_model)))
    assert gc.isenabled()
    with pytest.raises(ModelError):
        load(Model(name=str(tmp_path)))
    shutil.copytree(tiny_model, tmp_path / "damaged")
    (tmp_path / "damaged" / "tokenizer.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelError):
        load(Model(name=str(tmp_path / "damaged")))
    assert gc.isenabled()
