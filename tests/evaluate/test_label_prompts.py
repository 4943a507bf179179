"""Prompts for labels: what is asked, what is shown, and what the answers are."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import softmax

import talkers
from afina.data.chat import encode_conversation
from afina.data.conversation import Conversation, Message
from afina.data.example import LabelledText, Splits, Where
from afina.data.row import Tools
from afina.data.targets import truth_of
from afina.errors import ModelError
from afina.evaluate.baselines import BASELINES, Context, label_prompt
from afina.evaluate.baselines.label_prompt import LabelPrompt, calibrated
from afina.models.load import Model, load

LABELS = ("bad", "very_good")
KINDS = ("zero_shot", "few_shot", "retrieval")


@pytest.fixture(scope="module")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return talkers.write(tmp_path_factory.mktemp("talker") / "talker", positions=2048)


def row(text: str, label: str) -> LabelledText:
    return LabelledText(where=Where("t", 1), text=text, target={label: 1.0})


TRAIN = (row("the case broke", "bad"), row("a great case", "very_good"), row("it broke", "bad"),
         row("great", "very_good"), row("the strap broke", "bad"))  # fmt: skip
DEV = (row("the lens broke", "bad"), row("great lens", "very_good"), row("no box", "bad"))
TEST = (row("a box", "bad"), row("a great strap", "very_good"))


def context(
    labels: tuple[str, ...] = LABELS, *, language: str = "en", many: bool = False, seed: int = 0
) -> Context:
    splits = Splits(TRAIN, DEV, TEST)
    truth = {name: truth_of(rows, LABELS) for name, rows in splits.items()}
    return Context(splits, truth, labels, many, language, None, seed, lambda: ({}, 0.0), dict)


def made(kind: str, talker: Path, **settings: object) -> LabelPrompt:
    baseline = BASELINES.make({"kind": kind, "model": str(talker), **settings})
    assert isinstance(baseline, LabelPrompt)
    return baseline


@torch.no_grad()
def plainly(talker: Path, turns: list[Message], answers: tuple[str, ...]) -> list[float]:
    """Log-probability of each answer with its end: one pass of each, nothing kept."""
    loaded = load(Model(name=str(talker)), head="causal")
    tools = Tools(loaded.tokenizer, (), 2048)
    talks = [
        Conversation(where=Where("t", 1), messages=(*turns, Message("assistant", answer)))
        for answer in answers
    ]
    rows = [encode_conversation(talk, tools, "last") for talk in talks]
    found = []
    for row in rows:
        scores = loaded.whole(torch.tensor([row.ids])).logits[0].log_softmax(-1)
        found.append(sum(float(scores[n - 1, row.ids[n]]) for n, count in enumerate(row.counts) if count))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_probabilities_are_those_of_whole_labels_calibrated_on_dev(kind: str, talker: Path) -> None:
    baseline, given = made(kind, talker), context()
    outcome, again = baseline.fit_predict(given), baseline.fit_predict(given)
    assert (outcome.test == again.test).all()
    assert outcome.size_bytes > 0
    texts = [*given.texts("dev"), *given.texts("test")]
    told = "Choose the label that fits the text best: bad, very good. Answer with the label alone."
    scores = []
    for text, examples in zip(texts, baseline.shown(given, texts), strict=True):
        turns = [Message("system", told)]
        for example in examples:
            said = str(example.label).replace("_", " ")
            turns += [Message("user", example.text), Message("assistant", said)]
        scores.append(plainly(talker, [*turns, Message("user", text)], ("bad", "very good")))
    chances = softmax(np.array(scores), axis=1)
    expected = chances / chances[:3].mean(0)
    expected /= expected.sum(1, keepdims=True)
    assert np.concatenate([outcome.dev, outcome.test]) == pytest.approx(expected, abs=1e-5)
    assert outcome.answer(DEV[1])[0] == pytest.approx(scores[1], abs=1e-4)
    assert len(np.unique(expected[:, 0].round(4))) == 5


def test_calibration_divides_by_what_is_said_whatever_the_text_is() -> None:
    chances = np.array([[0.8, 0.1, 0.1], [0.6, 0.3, 0.1]])
    # Of all that may be said, the labels are a part; what is left over plays no role.
    scores = np.log(chances * [[0.01], [0.3]])
    preferred = chances.mean(0)
    expected = chances / preferred / (chances / preferred).sum(1, keepdims=True)
    assert calibrated(scores, scores) == pytest.approx(expected)
    assert calibrated(scores[:1], scores) == pytest.approx(expected[:1])
    # With the same answer to all, nothing is said of any.
    assert calibrated(scores[:1], scores[:1]) == pytest.approx(np.full((1, 3), 1 / 3))
    assert np.isfinite(calibrated(np.array([[-900.0, -1000.0]]), np.array([[-1000.0, -900.0]]))).all()


def test_few_shot_shows_as_many_of_each_label_the_same_to_all_and_others_with_another_seed(
    talker: Path,
) -> None:
    baseline, given = made("few_shot", talker, each=2), context()
    first, second = baseline.shown(given, ["a", "b"])
    assert first == second
    assert Counter(example.label for example in first) == {"bad": 2, "very_good": 2}
    texts = {tuple(e.text for e in baseline.shown(context(seed=seed), ["a"])[0]) for seed in range(5)}
    assert len(texts) > 1
    # Of a label with fewer rows all are shown.
    assert len(made("few_shot", talker, each=9).shown(given, ["a"])[0]) == len(TRAIN)


@pytest.mark.parametrize("by", ["tfidf", "bm25"])
def test_retrieval_shows_the_nearest_rows_the_nearest_last(by: str, talker: Path) -> None:
    baseline = made("retrieval", talker, examples=2, by=by)
    (shown,) = baseline.shown(context(), ["did the strap break? it broke!"])
    assert {example.text for example in shown} == {"it broke", "the strap broke"}
    (alone,) = baseline.shown(context(), ["strap"])
    assert alone[-1].text == "the strap broke"


@pytest.mark.parametrize(
    ("labels", "words", "says"),
    [
        (("good", "bad"), {}, True),
        (("0", "1"), {}, False),
        (("0", "1"), {"0": "bad", "1": "good"}, True),
        (("0", "1"), {"0": "bad"}, False),
        (("LABEL_0", "LABEL_1"), {}, False),
        (("a", "b"), {}, False),
        (("-1", "2.5"), {}, False),
        (("Sci/Tech", "sí"), {}, True),
    ],
)
def test_without_examples_labels_have_to_say_something(
    labels: tuple[str, ...], words: dict[str, str], says: bool
) -> None:
    assert BASELINES.make({"kind": "zero_shot", "words": words}).applies(context(labels)) == says
    assert BASELINES.make("few_shot").applies(context(labels))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_several_labels_are_not_asked_about(kind: str) -> None:
    assert not BASELINES.make(kind).applies(context(many=True))


def test_the_prompt_is_in_the_language_of_the_texts_or_as_a_person_says() -> None:
    baseline = BASELINES.make({"kind": "zero_shot", "words": {"bad": "malo"}})
    assert isinstance(baseline, LabelPrompt)
    assert baseline.told(context(language="es")).startswith("Elige la etiqueta")
    assert "malo, very good" in baseline.told(context(language="es"))
    assert baseline.told(context(language="de")).startswith("Choose the label")
    own = BASELINES.make({"kind": "zero_shot", "instruction": "Good or bad?"})
    assert isinstance(own, LabelPrompt)
    assert own.told(context()) == "Good or bad?"


def test_examples_go_where_there_is_no_room(talker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    baseline, given = made("few_shot", talker), context()
    all_shown = baseline.fit_predict(given)
    nothing = made("zero_shot", talker).fit_predict(given)
    assert all_shown.test != pytest.approx(nothing.test, abs=1e-3)
    monkeypatch.setattr(label_prompt, "ROOM", 20)
    assert made("few_shot", talker).fit_predict(given).test == pytest.approx(nothing.test, abs=1e-6)


def test_long_texts_are_cut(talker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_prompt, "LONGEST", 5)
    given, short = context(), context()
    texts = ("the lens broke", "a tall lens", "no box")  # a letter is a token
    for one, length in ((given, None), (short, 5)):
        dev = tuple(row(text[:length], "bad") for text in texts)
        object.__setattr__(one, "splits", Splits(TRAIN, dev, ()))
    outcomes = [made("zero_shot", talker).fit_predict(one) for one in (given, short)]
    assert (outcomes[0].dev == outcomes[1].dev).all()


def test_it_is_said_when_answering_takes_long(talker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    given = context()
    object.__setattr__(given, "note", told.append)
    made("zero_shot", talker).fit_predict(given)
    assert told == []
    monkeypatch.setattr(label_prompt, "LONG", 0.0)
    made("zero_shot", talker).fit_predict(given)
    (said,) = told
    assert said.startswith("'zero_shot' asks a language model about every row: about")


def test_an_encoder_is_not_asked(tiny_model: Path) -> None:
    for name, told in ((str(tiny_model), "does not generate text"), ("smolm2-135m", "smollm2-135m")):
        with pytest.raises(ModelError, match=told) as caught:
            BASELINES.make({"kind": "zero_shot", "model": name}).fit_predict(context())
        assert [problem.where for problem in caught.value.problems] == ["evaluate.baselines"]
