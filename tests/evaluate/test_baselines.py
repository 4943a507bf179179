import json
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from afina.data.example import LabelledText, Splits, Where
from afina.data.targets import truth_of
from afina.errors import DataError
from afina.evaluate.baselines import BASELINES, Context, lexicon
from afina.evaluate.metrics import metrics_of

WORDS = {
    "negative": ["terrible", "broken", "awful", "horrible noise", "not good"],
    "neutral": ["table", "box", "camera", "battery", "the screen"],
    "positive": ["great", "lovely", "excellent", "very good", "wonderful"],
}


def example(text, *labels, weight=1.0):
    return LabelledText(where=Where("t", 1), text=text, target=dict.fromkeys(labels, 1.0), weight=weight)


def made(splits, labels, many=False, language="en", loaded=None, features=lambda: ({}, 0.0)):
    truth = {name: truth_of(rows, labels) for name, rows in splits.items()}

    def vector(asked):
        places = ((name, n) for name, side in splits.items() for n, one in enumerate(side) if one is asked)
        name, number = next(places)
        return features()[0][name][number]

    return Context(splits, truth, labels, many, language, loaded, 0, features, vector)


def context(n=90, labels=("negative", "neutral", "positive"), *, many=False, language="en", loaded=None):
    rng = np.random.default_rng(0)

    def rows(count):
        made = []
        for _ in range(count):
            chosen = [label for label in labels if rng.random() < 0.5] if many else [str(rng.choice(labels))]
            text = " ".join(rng.choice(WORDS.get(label, [label])) for label in chosen)
            made.append(example(f"it is {text} !", *chosen))
        return tuple(made)

    splits = Splits(rows(n), rows(n // 3), rows(n // 3))

    @cache
    def features():
        vectors = {}
        for name, examples in splits.items():
            vectors[name] = (truth_of(examples, labels) @ rng.normal(size=(len(labels), 6))).astype(
                np.float32
            )
        return vectors, 5.0

    return made(splits, labels, many, language, loaded, features)


def pretrained():
    return SimpleNamespace(trunk=torch.nn.Linear(3, 5))


def macro_f1(context, split, answered):
    metric = metrics_of(["macro_f1"], multi_label=context.multi_label)["macro_f1"]
    return float(metric(context.truth[split], answered))


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("kind", ["majority", "lexicon", "tfidf", "features", "nearest"])
def test_every_baseline_gives_probabilities_for_what_it_applies_to(kind, many):
    given = context(many=many, loaded=pretrained())
    baseline = BASELINES.make(kind)
    if kind == "lexicon" and many:
        assert not baseline.applies(given)
        return
    assert baseline.applies(given)
    outcome = baseline.fit_predict(given)
    for split, answered in (("dev", outcome.dev), ("test", outcome.test)):
        assert answered.shape == given.truth[split].shape
        assert answered.dtype == np.float64
        assert ((answered >= 0) & (answered <= 1)).all()
        if not many:
            assert answered.sum(1) == pytest.approx(np.ones(len(answered)))
    for row in range(3):
        assert outcome.answer(given.splits.dev[row]).ravel() == pytest.approx(outcome.dev[row], abs=1e-12)
    assert outcome.seconds > 0
    assert outcome.size_bytes > 0
    assert json.loads(json.dumps(outcome.details)) == outcome.details
    again = BASELINES.make(kind).fit_predict(context(many=many, loaded=pretrained()))
    assert (outcome.test == again.test).all()


def test_cheapest_first():
    kinds = [
        [k for k, cls in BASELINES.items() if cls.measured_by == how]
        for how in ("labels", "numbers", "tags", "search")
    ]
    assert kinds == [
        ["majority", "lexicon", "tfidf", "features", "nearest", "zero_shot", "few_shot", "retrieval"],
        ["mean", "tfidf_ridge", "features_ridge", "nearest_mean"],
        ["word_tags", "word_shapes"],
        ["tfidf_search", "bm25"],
    ]


def test_majority_answers_the_weighted_class_shares():
    splits = Splits(
        (example("a", "x", weight=3.0), example("b", "y")), (example("c", "y"),), (example("d", "x"),) * 2
    )
    given = made(splits, ("x", "y", "z"))
    outcome = BASELINES.make("majority").fit_predict(given)
    assert (outcome.dev == [[0.75, 0.25, 0.0]]).all()
    assert outcome.test.shape == (2, 3)


def test_lexicon_uses_the_published_thresholds():
    texts = ["I love it, great!", "the box is on the table", "a horrible, awful noise"]
    rows = tuple(example(text, "neutral") for text in texts)
    given = made(Splits(rows, rows, rows), ("Negative", "neutral", "POS"))
    baseline = BASELINES.make("lexicon")
    assert baseline.applies(given)
    outcome = baseline.fit_predict(given)
    assert outcome.test.argmax(1).tolist() == [2, 1, 0]
    assert outcome.test[0] == pytest.approx([0.05, 0.05, 0.9])


def test_lexicon_with_two_classes_takes_the_frequent_one_where_it_knows_no_word():
    rows = tuple(example(text, "neg") for text in ("the box", "great", "awful"))
    given = made(Splits(rows, rows, rows), ("neg", "pos"))
    assert BASELINES.make("lexicon").fit_predict(given).test.argmax(1).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "changes",
    [
        {"language": "es"},
        {"labels": ("sport", "politics")},
        {"labels": ("neutral", "positive")},
        {"labels": ("negative", "neg", "positive")},
    ],
)
def test_lexicon_applies_to_english_sentiment_only(changes):
    assert not BASELINES.make("lexicon").applies(context(**changes))


def test_lexicon_is_left_out_where_its_package_is_missing(monkeypatch):
    assert BASELINES.make("lexicon").applies(context())
    monkeypatch.setattr(lexicon, "find_spec", lambda name: None)
    assert not BASELINES.make("lexicon").applies(context())


def listed(tmp_path, text):
    path = tmp_path / "words.csv"
    path.write_text(text, encoding="utf-8")
    return BASELINES.make({"kind": "lexicon", "words": str(path)})


def test_a_list_of_ones_own_with_scores_answers_in_any_language(tmp_path):
    rows = tuple(example(text, "neutro") for text in ("muy bueno", "bueno y malo", "malísimo, malo", "¿?"))
    given = made(Splits(rows, rows, rows), ("negativo", "neutro", "positivo"), language="es")
    assert not BASELINES.make("lexicon").applies(given)
    baseline = listed(tmp_path, "word,score\nbueno,0.3\nmalo,-0.3\nmalísimo,-0.01\n")
    assert baseline.applies(given)
    outcome = baseline.fit_predict(given)
    assert outcome.test.argmax(1).tolist() == [2, 1, 0, 1]
    assert outcome.size_bytes > 0


def test_a_list_of_ones_own_with_labels_takes_the_label_of_the_most_words(tmp_path):
    rows = tuple(example(text, "b") for text in ("x x y", "x y y", "x y", "nothing"))
    given = made(Splits(rows, rows, rows), ("a", "b"))
    outcome = listed(tmp_path, "word,label\nx,a\ny,b\n").fit_predict(given)
    # Of equally many words, or none, the class that is more frequent in the training rows.
    assert outcome.test.argmax(1).tolist() == [0, 1, 1, 1]
    assert outcome.test.sum(1) == pytest.approx(np.ones(4))


def test_scores_say_nothing_of_labels_that_are_neither_good_nor_bad(tmp_path):
    with pytest.raises(DataError, match="scores tell good from bad"):
        listed(tmp_path, "word,score\nx,1\n").fit_predict(context(labels=("sport", "politics")))


def test_tfidf_is_scikit_learns_at_the_strength_chosen_on_dev():
    given = context()
    outcome = BASELINES.make("tfidf").fit_predict(given)
    vectoriser = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\w+|[^\w\s]")
    train = vectoriser.fit_transform(given.texts("train"))
    scores = {}
    for c in (1.0, 10.0, 100.0):
        model = LogisticRegression(C=c, max_iter=10_000).fit(train, given.truth["train"].argmax(1))
        scores[c] = macro_f1(given, "dev", model.predict_proba(vectoriser.transform(given.texts("dev"))))
        if c == outcome.details["c"]:
            expected = model.predict_proba(vectoriser.transform(given.texts("test")))
    assert scores[outcome.details["c"]] == max(scores.values())
    assert outcome.test == pytest.approx(expected, abs=1e-9)
    assert outcome.details["terms"] == len(vectoriser.vocabulary_)


def test_tfidf_learns_its_words_from_train_only():
    splits = Splits(
        (example("alpha beta", "x"), example("gamma delta", "y")) * 3,
        (example("alpha omega", "x"), example("gamma sigma", "y")),
        (example("omega", "x"), example("delta", "y")),
    )
    given = made(splits, ("x", "y"))
    outcome = BASELINES.make("tfidf").fit_predict(given)
    assert outcome.details["terms"] == 6
    assert outcome.test.argmax(1)[1] == 1
    # Of a word that train has not, nothing is known but the share of the classes.
    assert outcome.test[0] == pytest.approx([0.5, 0.5], abs=0.02)


def test_tfidf_reads_signs_and_emoji():
    splits = Splits(
        (example("😀", "x"), example("😡 !", "y")) * 3, (example("😀", "x"),), (example("😡", "y"),)
    )
    given = made(splits, ("x", "y"))
    assert BASELINES.make("tfidf").fit_predict(given).test.argmax() == 1


def test_a_class_that_train_lacks_costs_nothing_but_its_rows():
    splits = Splits(
        (example("alpha", "x"), example("beta", "y")) * 3,
        (example("alpha", "x"), example("gamma", "z")),
        (example("beta", "y"),),
    )
    given = made(splits, ("x", "y", "z"))
    outcome = BASELINES.make("tfidf").fit_predict(given)
    assert outcome.test.argmax() == 1
    assert outcome.test[0, 2] == 0


def test_features_need_a_pretrained_model_and_count_its_size():
    baseline = BASELINES.make("features")
    assert not baseline.applies(context())
    given = context(loaded=pretrained())
    outcome = baseline.fit_predict(given)
    # The trunk's 20 float32, and 3 x 6 + 3 float64 of the head.
    assert outcome.size_bytes == 20 * 4 + 21 * 8


def test_of_equal_strengths_the_most_regularised_is_taken():
    given = context()
    outcome = BASELINES.make({"kind": "tfidf", "c": [100.0, 10.0]}).fit_predict(given)
    assert macro_f1(given, "dev", outcome.dev) == 1
    assert outcome.details["c"] == 10.0


def test_truth_of_soft_and_missing_labels():
    soft = LabelledText(where=Where("t", 1), text="", target={"x": 0.3, "y": 0.7})
    empty = LabelledText(where=Where("t", 2), text="", target={})
    assert truth_of([soft, empty], ("y", "x")).tolist() == [[0.7, 0.3], [0.0, 0.0]]


@pytest.mark.parametrize("kind", ["tfidf_search", "bm25"])
def test_a_search_by_words_finds_the_document_that_shares_rare_words(kind):
    documents = ("the box is late", "the strap of the camera broke", "the battery", "the camera is great")
    question = example("the broken strap")
    given = Context(
        Splits((), (question,), (question, example("battery ?"))),
        {},
        (),
        False,
        "en",
        None,
        0,
        dict,
        dict,
        documents,
    )
    outcome = BASELINES.make(kind).fit_predict(given)
    assert outcome.dev[0, 0] == 1
    assert outcome.answer(question).tolist() == outcome.dev.tolist()
    assert outcome.test[:, 0].tolist() == [1, 2]
    assert outcome.size_bytes > 0
