"""The nearest training rows: scikit-learn's neighbours, with weights, and a share of all rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from afina.data.example import LabelledText, RatedText, Splits, Where
from afina.evaluate.baselines import BASELINES, Context
from afina.evaluate.baselines import neighbours as module

LABELS = ("a", "b", "c")
SIZES = {"train": 90, "dev": 30, "test": 40}


def context(numbers: bool = False, weights: bool = False, scale: float = 1.0) -> Context:
    rng = np.random.default_rng(0)
    sides, truth, vectors = {}, {}, {}
    for name, size in SIZES.items():
        vectors[name] = rng.normal(size=(size, 4)).astype(np.float32)
        classes = (vectors[name][:, :3] + rng.normal(size=(size, 3)) / 2).argmax(1)
        counted = rng.integers(0, 3, size) if weights else np.ones(size)
        where = Where("t", 1)
        if numbers:
            truth[name] = vectors[name][:, 0].astype(np.float64) + rng.normal(size=size) / 4
            sides[name] = tuple(
                RatedText(where=where, texts=("",), value=float(value), weight=float(weight))
                for value, weight in zip(truth[name], counted, strict=True)
            )
        else:
            truth[name] = np.eye(3)[classes]
            sides[name] = tuple(
                LabelledText(where=where, text="", target={LABELS[number]: 1.0}, weight=float(weight))
                for number, weight in zip(classes, counted, strict=True)
            )
        vectors[name] *= scale
    trunk = SimpleNamespace(trunk=torch.nn.Linear(3, 5))
    labels = () if numbers else LABELS

    def vector(asked: Any) -> Any:
        number = next(number for number, one in enumerate(sides["dev"]) if one is asked)
        return vectors["dev"][number]

    return Context(Splits(**sides), truth, labels, False, "en", trunk, 0, lambda: (vectors, 5.0), vector)


@pytest.mark.parametrize("count", [1, 7, 90])
def test_labels_are_those_of_scikit_learns_neighbours_and_a_share_of_all(count: int) -> None:
    given = context()
    vectors, _seconds = given.features()
    model = KNeighborsClassifier(count, metric="cosine").fit(
        vectors["train"].astype(np.float64), given.truth["train"].argmax(1)
    )
    outcome = BASELINES.make({"kind": "nearest", "neighbours": [count]}).fit_predict(given)
    for side, answered in (("dev", outcome.dev), ("test", outcome.test)):
        theirs = model.predict_proba(vectors[side].astype(np.float64))
        expected = (count * theirs + given.truth["train"].mean(0)) / (count + 1)
        assert answered == pytest.approx(expected, abs=1e-12)
    assert outcome.details == {"neighbours": count}
    assert outcome.answer(given.splits.dev[4])[0] == pytest.approx(outcome.dev[4], abs=1e-12)


def test_numbers_are_those_of_scikit_learns_neighbours() -> None:
    given = context(numbers=True)
    vectors, _seconds = given.features()
    outcome = BASELINES.make("nearest_mean").fit_predict(given)
    errors = {}
    for count in module.NEIGHBOURS:
        model = KNeighborsRegressor(count, metric="cosine")
        model.fit(vectors["train"].astype(np.float64), given.truth["train"])
        errors[count] = ((model.predict(vectors["dev"].astype(np.float64)) - given.truth["dev"]) ** 2).mean()
        if count == outcome.details["neighbours"]:
            expected = model.predict(vectors["test"].astype(np.float64))
    assert outcome.details["neighbours"] == min(errors, key=lambda count: errors[count])
    assert outcome.test == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("kind", ["nearest", "nearest_mean"])
def test_weights_are_shares_of_the_answer(kind: str) -> None:
    given = context(numbers=kind == "nearest_mean", weights=True)
    outcome = BASELINES.make({"kind": kind, "neighbours": [200]}).fit_predict(given)
    expected = np.average(given.truth["train"], axis=0, weights=given.weights)
    assert outcome.test == pytest.approx(np.array([expected] * SIZES["test"]))


def test_only_directions_matter_and_nothing_lies_nowhere() -> None:
    small, large = (BASELINES.make("nearest").fit_predict(context(scale=scale)) for scale in (1.0, 1e3))
    assert (small.test.argmax(1) == large.test.argmax(1)).all()
    nowhere = BASELINES.make("nearest").fit_predict(context(scale=0.0))
    assert np.isfinite(nowhere.test).all()


def test_parts_of_the_rows_give_what_all_give(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = BASELINES.make("nearest").fit_predict(context())
    monkeypatch.setattr(module, "_CHUNK", 7)
    assert (BASELINES.make("nearest").fit_predict(context()).test == whole.test).all()


def test_a_pretrained_model_is_needed_and_its_size_counts() -> None:
    given = context()
    outcome = BASELINES.make("nearest").fit_predict(given)
    # The trunk's 20 float32, 90 x 4 float32 of features and 90 x 3 float64 of labels.
    assert outcome.size_bytes == 20 * 4 + 90 * 4 * 4 + 90 * 3 * 8
    assert outcome.seconds > 5
    lacking = Context(given.splits, given.truth, LABELS, False, "en", None, 0, given.features, given.vector)
    assert not BASELINES.make("nearest").applies(lacking)
