"""Every objective in the table: gradients do not depend on how a batch is cut, padded or ordered."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    LlamaConfig,
    LlamaForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)  # fmt: skip

from afina.data.chat import DEFAULT_TEMPLATE
from afina.data.conversation import Conversation, Message, PlainText
from afina.data.example import LabelledText, RatedText, TaggedText, Where
from afina.data.match import Document, Match
from afina.data.row import Row, Tools
from afina.models.language_model import LanguageModel
from afina.models.load import Model, load
from afina.models.masked_language_model import MaskedLanguageModel
from afina.models.network import Network, PooledNetwork, VectorNetwork, WordNetwork
from afina.models.seq2seq_model import Seq2SeqModel
from afina.objectives import OBJECTIVES, Objective
from networks import GROUPED, SMALL
from seq2seq import T5

LABELS = ("negative", "neutral", "positive")
TEXTS = (
    "the phone is great",
    "bad",
    "i would never buy this awful camera again , it broke and the battery is terrible",
    "okay",
    "the sound is average but the price is nice",
    "it arrived late",
    "perfect screen and a good case , really excellent !",
)


def variants() -> list[Objective]:
    made = [cls() for _, cls in OBJECTIVES.items()]
    made.append(
        OBJECTIVES.make({"kind": "cross_entropy", "label_smoothing": 0.1, "class_weights": "balanced"})
    )
    made.append(OBJECTIVES.make({"kind": "contrastive", "form": "multiple_negatives"}))
    made.append(OBJECTIVES.make({"kind": "cross_entropy", "class_weights": {"neutral": 5.0}}))
    return made


@pytest.fixture(scope="module", params=variants(), ids=repr)
def case(request: pytest.FixtureRequest, tiny_model: Path) -> tuple[Objective, Network, Tools]:
    """An objective with a network that it can train."""
    objective: Objective = request.param
    loaded = load(Model(name=str(tiny_model)))
    torch.manual_seed(1)
    network: Network
    if objective.kind == "next_token":
        loaded.tokenizer.chat_template = DEFAULT_TEMPLATE
        loaded.tokenizer.add_special_tokens({"bos_token": "[CLS]", "eos_token": "[SEP]"})
        words = len(loaded.tokenizer)
        network = LanguageModel(LlamaForCausalLM(LlamaConfig(**GROUPED | {"vocab_size": words})))
    elif objective.kind == "masked_lm":
        network = MaskedLanguageModel(BertForMaskedLM(BertConfig(**SMALL, vocab_size=len(loaded.tokenizer))))
    elif objective.encoder_decoder:
        signs = [f"<extra_id_{number}>" for number in range(9)]
        loaded.tokenizer.add_special_tokens({"eos_token": "[SEP]", "additional_special_tokens": signs})
        network = Seq2SeqModel(
            T5ForConditionalGeneration(T5Config(**T5 | {"vocab_size": len(loaded.tokenizer)}))
        )
    elif objective.kind == "token_cross_entropy":
        network = WordNetwork(loaded.trunk, loaded.width, len(LABELS), 0.0)
    elif objective.kind == "info_nce":
        network = VectorNetwork(loaded.trunk, "mean", loaded.width)
    elif objective.kind == "relevance":
        network = PooledNetwork(loaded.trunk, "mean", loaded.width, 1, 0.0)
    else:
        outputs = 1 if objective.kind == "squared_error" else len(LABELS)
        network = PooledNetwork(loaded.trunk, "mean", loaded.width, outputs, 0.0)
    taught = {text: (0.1 * n, 0.3, 0.7 - 0.1 * n) for n, text in enumerate(TEXTS)}
    start = network.start if isinstance(network, Seq2SeqModel) else None
    tools = Tools(loaded.tokenizer, LABELS, 64, class_counts=(3.0, 1.0, 3.0), taught=taught, start=start)
    return objective, network.double().eval(), tools


def rows_of(objective: Objective, tools: Tools) -> list[Row]:
    if objective.kind in ("next_token", "seq2seq"):
        talks = [
            Conversation(
                where=Where("t.jsonl", n),
                messages=(Message("user", text), Message("assistant", TEXTS[-n], weight=1.0 + n / 4)),
                weight=1.0 + n / 2,
            )
            for n, text in enumerate(TEXTS)
        ]
        return [objective.encode(talk, tools) for talk in talks]
    if objective.varies:
        texts = [
            PlainText(where=Where("t.txt", n), text=text, weight=1.0 + n / 2) for n, text in enumerate(TEXTS)
        ]
        rows = [objective.encode(text, tools) for text in texts]
        return [objective.seen(row, tools, (0, 1, n)) for n, row in enumerate(rows)]
    if objective.kind == "squared_error":
        rated = [
            RatedText(where=Where("t.csv", n), texts=(text,), value=n / 3, weight=1.0 + n / 2)
            for n, text in enumerate(TEXTS)
        ]
        return [objective.encode(example, tools) for example in rated]
    if objective.kind == "token_cross_entropy":
        known = (*LABELS, "unknown")
        tagged = [
            TaggedText(
                where=Where("t.conll", n), words=(words := tuple(text.split())), weight=1.0 + n / 2,
                tags=tuple(known[(n + len(word)) % 4] for word in words),
            )
            for n, text in enumerate(TEXTS)
        ]  # fmt: skip
        return [objective.encode(example, tools) for example in tagged]
    if objective.kind in ("info_nce", "relevance"):
        documents = [Document(n, text) for n, text in enumerate(TEXTS)]
        # The first two ask the same, so that neither's document is a negative of the other.
        matches = [
            Match(
                where=Where("t.jsonl", n), text=TEXTS[-1 - max(n, 1)], document=document, grade=1.0,
                negatives=(documents[n - 3],), relevant={0: 1.0, 1: 2.0} if n < 2 else {n: 1.0},
                weight=1.0 + n / 2,
            )
            for n, document in enumerate(documents)
        ]  # fmt: skip
        return [objective.encode(match, tools) for match in matches]
    soft = {"negative": 0.2, "neutral": 0.3, "positive": 0.5}
    targets = [{"positive": 1.0}, {"negative": 1.0}, {"negative": 1.0}, {"neutral": 1.0}, soft]
    targets += [{"negative": 1.0}, {"positive": 1.0}]
    examples = [
        LabelledText(where=Where("t.csv", n), text=text, target=target, weight=1.0 + n / 2)
        for n, (text, target) in enumerate(zip(TEXTS, targets, strict=True))
    ]
    return [objective.encode(example, tools) for example in examples]


def gradient(
    objective: Objective, network: Network, tools: Tools, rows: list[Row], cut: list[list[int]], pad: int = 0
) -> torch.Tensor:
    """As the loop does it: sums over the pieces, divided by the weight of all of them."""
    network.zero_grad()
    batches = []
    for piece in cut:
        batch = objective.collate([rows[number] for number in piece], tools, piece)
        if pad:
            for name in ("input_ids", "attention_mask"):
                batch.inputs[name] = torch.nn.functional.pad(batch.inputs[name], (0, pad))
        batches.append(batch)
    weights = [objective.weigh(batch, tools) for batch in batches]
    for batch in batches:
        losses = objective.loss(network, batch, tools)
        sum(total / sum(weight[part] for weight in weights) for part, total in losses.items()).backward()
    return torch.cat([p.grad.flatten() for p in network.parameters() if p.grad is not None])


def test_gradient_does_not_depend_on_the_split_padding_or_order(
    case: tuple[Objective, Network, Tools],
) -> None:
    objective, network, tools = case
    rows = rows_of(objective, tools)
    whole = gradient(objective, network, tools, rows, [[0, 1, 2, 3, 4, 5, 6]])
    assert whole.abs().max() > 1e-4
    cuts = {
        "one by one": ([[n] for n in range(7)], 0),
        "ragged": ([[0, 1, 2], [3, 4, 5], [6]], 0),
        "other order": ([[6, 2, 4], [5, 0], [1, 3]], 0),
        "more padding": ([[0, 1, 2, 3], [4, 5, 6]], 9),
    }
    if not objective.divisible:  # its rows see each other, so they stay together
        cuts = {"other order": ([[6, 2, 4, 5, 0, 1, 3]], 0), "more padding": ([[0, 1, 2, 3, 4, 5, 6]], 9)}
    others = {name: gradient(objective, network, tools, rows, cut, pad) for name, (cut, pad) in cuts.items()}
    for name, other in others.items():
        torch.testing.assert_close(other, whole, rtol=1e-9, atol=1e-12, msg=lambda m, n=name: f"{n}: {m}")


def test_weights_and_losses_have_the_same_parts_and_encoding_is_pure(
    case: tuple[Objective, Network, Tools],
) -> None:
    objective, network, tools = case
    rows = rows_of(objective, tools)
    assert rows == rows_of(objective, tools)
    batch = objective.collate(rows, tools, range(len(rows)))
    weights, losses = objective.weigh(batch, tools), objective.loss(network, batch, tools)
    assert weights.keys() == losses.keys()
    assert all(weight > 0 for weight in weights.values())
    assert all(loss.ndim == 0 and loss > 0 for loss in losses.values())
    if not objective.divisible:
        return
    # Sums, not means: twice the rows, twice the loss and the weight.
    twice = objective.collate(rows + rows, tools, range(2 * len(rows)))
    for part, loss in objective.loss(network, twice, tools).items():
        torch.testing.assert_close(loss, 2 * losses[part])
        assert objective.weigh(twice, tools)[part] == pytest.approx(2 * weights[part])
