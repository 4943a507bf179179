"""What numbers are compared with: learnt from train, chosen on dev."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score

from afina.data.example import RatedText, Splits, Where
from afina.evaluate.baselines import BASELINES, Context

WORTH = {"awful": -2.0, "bad": -1.0, "good": 1.0, "great": 2.0}


def context(pairs=False):
    rng = np.random.default_rng(0)

    def rows(count):
        made = []
        for _ in range(count):
            words = [str(word) for word in rng.choice(list(WORTH), 3)]
            other = [str(word) for word in rng.choice(list(WORTH), 3)]
            value = float(len(set(words) & set(other))) if pairs else sum(WORTH[word] for word in words)
            texts = (" ".join(words), " ".join(other)) if pairs else (" ".join(words),)
            made.append(RatedText(where=Where("t", 1), texts=texts, value=value))
        return tuple(made)

    splits = Splits(rows(300), rows(60), rows(60))
    truth = {name: np.array([one.value for one in side]) for name, side in splits.items()}

    def features():
        return {name: np.stack([values, -values, values**2], 1) for name, values in truth.items()}, 5.0

    def vector(asked):
        number = next(number for number, one in enumerate(splits.dev) if one is asked)
        return features()[0]["dev"][number]

    trunk = SimpleNamespace(trunk=torch.nn.Linear(3, 5))
    return Context(splits, truth, (), False, "en", trunk, 0, features, vector)


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("kind", ["tfidf_ridge", "features_ridge", "nearest_mean"])
def test_a_regression_finds_what_is_there(kind, pairs):
    given = context(pairs)
    outcome, again = (BASELINES.make(kind).fit_predict(given) for _ in range(2))
    assert outcome.dev.shape == outcome.test.shape == (60,)
    assert r2_score(given.truth["test"], outcome.test) > (0.5 if pairs else 0.8)
    assert (outcome.test == again.test).all()
    assert outcome.answer(given.splits.dev[7]) == pytest.approx([outcome.dev[7]])
    assert outcome.size_bytes > 0
    assert outcome.seconds > (0 if kind == "tfidf_ridge" else 5)


def test_the_mean_counts_weights():
    where = Where("t", 1)
    train = (
        RatedText(where=where, texts=("a",), value=1.0, weight=3.0),
        RatedText(where=where, texts=("b",), value=5.0),
    )
    truth = {"train": np.array([1.0, 5.0]), "dev": np.array([1.0]), "test": np.array([5.0, 1.0])}
    given = Context(Splits(train, train[:1], train), truth, (), False, "en", None, 0, lambda: ({}, 0.0), dict)
    assert BASELINES.make("mean").fit_predict(given).test.tolist() == [2.0, 2.0]
    assert not BASELINES.make("features_ridge").applies(given)
