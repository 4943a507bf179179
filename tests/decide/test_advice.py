"""The recommendation, its reason, and when a dearer way is not tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from afina.decide.advice import Advice, advise, beside
from afina.decide.rules import Rules
from afina.decide.rung import LeftOut, Rung
from afina.errors import RecipeError
from afina.evaluate.metrics import metrics_of
from afina.evaluate.statistics import Resampled, draws, holm, resample

ACCURACY = metrics_of(["accuracy"], multi_label=False)["accuracy"]


def rung(name: str, seconds: float = 1.0) -> Rung:
    return Rung(name, np.zeros((1, 2)), seconds, 1000)


def scored(shares: Mapping[str, float], rows: int = 200) -> dict[str, Resampled]:
    """Each is right on the first share of the rows."""
    truth = np.tile([1.0, 0.0], (rows, 1))
    counts = draws(rows, 500, 0)
    found = {}
    for name, share in shares.items():
        said = np.tile([0.0, 1.0], (rows, 1))
        said[: round(share * rows)] = [1.0, 0.0]
        found[name] = resample(ACCURACY, truth, said, counts)
    return found


def advice(shares: Mapping[str, float], *, rules: Any = None, left_out: Any = (), rows: int = 200) -> Advice:
    rungs = [rung(name) for name in shares]
    values = scored(shares, rows)
    given = Rules.of(rules or {})
    return advise(rungs, left_out, values, None, given, primary="accuracy", train_rows=500)


def test_holm_as_in_the_textbook() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []
    assert holm([0.9, 0.8]) == [1.0, 1.0]


def test_fine_tuning_that_is_provably_better_is_recommended() -> None:
    found = advice({"majority": 0.5, "tfidf": 0.6, "features": 0.65, "full": 0.9})
    assert (found.fine_tune, found.choice, found.code) == (True, "full", "worth_it")
    assert {one.b for one in found.comparisons} == {"majority", "tfidf", "features"}


def test_the_cheapest_that_ties_is_recommended() -> None:
    found = advice({"majority": 0.5, "tfidf": 0.79, "features": 0.795, "full": 0.8})
    assert (found.fine_tune, found.choice, found.best) == (False, "tfidf", "full")
    assert found.code == "simpler_ties"
    assert any("200" in sentence for sentence in found.would_change)


def test_the_number_of_comparisons_counts() -> None:
    values = scored({"a": 0.77, "b": 0.8, "c": 0.7, "d": 0.6})
    alone = beside([("b", "a")], values)[0]
    among = beside([("b", "a"), ("b", "c"), ("b", "d")], values)[0]
    assert alone.p_holm == alone.p == among.p
    assert among.p_holm >= alone.p


def test_what_nothing_learns_is_out_of_reach() -> None:
    found = advice({"majority": 0.5, "tfidf": 0.5, "full": 0.505})
    assert (found.fine_tune, found.code) == (False, "out_of_reach")


def test_looking_up_wins_where_knowledge_is_missing() -> None:
    found = advice({"untrained": 0.1, "few_shot": 0.2, "retrieval": 0.9, "lora": 0.4})
    assert (found.fine_tune, found.choice, found.code) == (False, "retrieval", "knowledge_missing")


def test_too_few_rows_say_so() -> None:
    left = [LeftOut("full", "too_few_rows", "no")]
    found = advice({"majority": 0.5, "features": 1.0}, left_out=left, rows=4)
    assert (found.fine_tune, found.choice, found.code) == (False, "majority", "too_few_rows")


def test_few_rows_that_prove_something_are_no_reason() -> None:
    left = [LeftOut("full", "too_few_rows", "no")]
    found = advice({"majority": 0.2, "features": 0.95, "lora": 0.96}, left_out=left, rows=60)
    assert (found.fine_tune, found.choice, found.code) == (False, "features", "simpler_ties")


def test_data_that_change_too_often() -> None:
    shares = {"majority": 0.5, "features": 0.65, "full": 0.9}
    # 500 rows of 30 seconds are more than four hours; a tenth of thirty working days is three days.
    assert advice(shares, rules={"refresh_days": 30}).fine_tune
    found = advice(shares, rules={"refresh_days": 3})
    assert (found.fine_tune, found.choice, found.code) == (False, "features", "changes_too_often")


def test_rules_are_checked() -> None:
    with pytest.raises(RecipeError, match=r"ladder\.least_gain"):
        Rules.of({"least_gain": 0})
    with pytest.raises(RecipeError, match="budget"):
        Rules.of({"budgt": 3})
