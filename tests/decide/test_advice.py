"""The recommendation, its reason, and when a dearer way is not tried."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from afina.decide.advice import Advice, advise
from afina.decide.beside import beside, cheapest_of
from afina.decide.climb import Climb
from afina.decide.confirmation import Confirmation, other_rows
from afina.decide.learning_curve import LearningCurve
from afina.decide.rules import Rules
from afina.decide.rung import LeftOut, Rung
from afina.decide.texts import Texts, Written
from afina.errors import RecipeError
from afina.evaluate.metrics import metrics_of
from afina.evaluate.statistics import Interval, Resampled, draws, holm, resample

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


def advice(
    shares: Mapping[str, float], *, rules: Any = None, left_out: Any = (), rows: int = 200,
    texts: Mapping[str, float] | None = None,
) -> Advice:  # fmt: skip
    """Of ways that are right by the primary metric as often as ``shares`` says, and their texts as ``texts``
    does, ``blind`` among them."""
    rungs = [rung(name) for name in shares]
    given, written = Rules.of(rules or {}), None
    if texts is not None:
        told = scored(texts, 50)
        written = Written("exact_answer", told, told.pop("blind"))
    return advise(
        rungs, left_out, scored(shares, rows), None, given, primary="accuracy", train_rows=500,
        least_gain=given.least_gain, written=written,
    )  # fmt: skip


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


#: By the primary metric LoRA is provably the best.
TUNED = {"untrained": 0.1, "few_shot": 0.3, "retrieval": 0.4, "lora": 0.9}


def test_texts_that_only_looking_up_gets_right_lack_knowledge() -> None:
    texts = {"untrained": 0.0, "few_shot": 0.1, "retrieval": 0.8, "lora": 0.2, "blind": 0.0}
    found = advice(TUNED, texts=texts)
    assert (found.fine_tune, found.choice, found.best) == (False, "retrieval", "retrieval")
    assert (found.code, found.metric) == ("knowledge_missing", "exact_answer")
    assert {one.b for one in found.comparisons} == {"untrained", "few_shot", "lora"}
    assert "the best of those is LoRA with 0.200" in found.reason
    assert "by Accuracy alone, LoRA would be the way to take" in found.would_change[0]


def test_texts_that_examples_at_random_get_right_too_do_not() -> None:
    texts = {"untrained": 0.0, "few_shot": 0.8, "retrieval": 0.84, "lora": 0.2, "blind": 0.0}
    found = advice(TUNED, texts=texts)
    assert (found.fine_tune, found.choice, found.best) == (False, "few_shot", "retrieval")
    assert found.code == "simpler_ties"
    assert "Prompt with examples is the cheapest whose answers are not provably worse" in found.reason


def test_texts_that_fine_tuning_gets_right_leave_the_primary_metric_to_decide() -> None:
    texts = {"untrained": 0.0, "few_shot": 0.1, "retrieval": 0.5, "lora": 0.45, "blind": 0.0}
    found = advice(TUNED, texts=texts)
    assert (found.fine_tune, found.choice, found.code, found.metric) == (True, "lora", "worth_it", "accuracy")


def test_texts_no_better_than_one_answer_to_everything_are_out_of_reach() -> None:
    texts = {"untrained": 0.0, "few_shot": 0.3, "retrieval": 0.32, "lora": 0.34, "blind": 0.3}
    found = advice(TUNED, texts=texts)
    assert (found.fine_tune, found.choice, found.best) == (False, "few_shot", "lora")
    assert (found.code, found.metric) == ("out_of_reach", "exact_answer")
    assert "LoRA 0.340 at best, against 0.300" in found.reason
    assert advice(TUNED, texts={**texts, "blind": 0.05}).code == "worth_it"


def test_looking_up_lacks_no_knowledge_where_fine_tuning_writes_better() -> None:
    shares = {"untrained": 0.1, "few_shot": 0.3, "retrieval": 0.9, "lora": 0.9}
    texts = {"untrained": 0.0, "few_shot": 0.1, "retrieval": 0.2, "lora": 0.8, "blind": 0.0}
    assert advice(shares).code == "knowledge_missing"
    found = advice(shares, texts=texts)
    assert found.code == "simpler_ties"
    assert "by the generated answers (Exact answer), LoRA is provably better" in found.would_change[0]


def test_one_answer_to_everything_is_the_most_frequent_one() -> None:
    texts = Texts(("red!", "blue!") * 10, "red!", ("exact_answer", "chrf"), 0, 1000)
    written = texts.written({"lora": ["red!", "blue!"] * 10, "untrained": ["?"] * 20})
    assert written.metric == "exact_answer"
    assert (written.values["lora"].value, written.values["untrained"].value) == (1.0, 0.0)
    assert written.blind.value == 0.5
    assert texts.measured(["red!", "blue!"] * 10, "chrf").value == 100.0
    assert texts.provable(3)
    assert not Texts(texts.expected[:4], "red!", texts.kinds, 0, 1000).provable(3)
    assert not Texts(("red!",) * 20, "red!", texts.kinds, 0, 200).provable(1), "nothing is better than that"


@pytest.mark.parametrize(
    ("reach", "detected", "least", "told"),
    [
        (0.0123, 0.005, 0.02, "A smaller gain that counts: with a least gain of 0.012, LoRA might be tried"),
        (0.02, 0.04, 0.01, "More development rows: about 800 of them could prove"),
        (0.02, 0.04, 0.03, "More development rows and a smaller gain that counts: about 800 of them"),
        (-0.1, 0.04, 0.01, "No smaller gain that counts would bring in LoRA"),
        (0.004, None, 0.01, "with a least gain of 0.0040, LoRA might be tried"),
    ],
)
def test_what_would_let_a_way_be_tried(reach: float, detected: Any, least: float, told: str) -> None:
    code = "ceiling" if detected is None else "cannot_repay"
    left = [LeftOut("lora", code, "no", reach=reach, detected=detected)]
    found = advice({"majority": 0.5, "features": 0.8}, left_out=left, rules={"least_gain": least})
    assert any(told in sentence for sentence in found.would_change), found.would_change


def confirmation(dev: Mapping[str, float], test: Mapping[str, float]) -> Confirmation:
    """Of ways that are right as often as the shares say."""
    values = scored(dev)
    climb: Any = SimpleNamespace(
        rungs=[rung(name) for name in dev], primary="accuracy", value=lambda name, _kind: values[name]
    )
    found = Confirmation(climb, advice(dev))
    measured = {name: {"accuracy": one} for name, one in scored(test).items()}
    found.__dict__.update(_found=measured, _texts=None)
    return found


def test_what_the_test_rows_prove_takes_the_place_of_the_choice() -> None:
    dev = {"majority": 0.5, "tfidf": 0.79, "full": 0.8}
    found = confirmation(dev, {"majority": 0.5, "tfidf": 0.76, "full": 0.84})
    assert (found.advice.choice, found.advice.fine_tune) == ("tfidf", False)
    revised = found.revised()
    assert (revised.choice, revised.fine_tune, revised.code) == ("full", True, "test_rows")
    assert "Full fine-tuning is provably better than TF-IDF" in revised.reason
    assert found.advice.reason in revised.would_change[0]
    told = found.told()
    assert (told["confirmed"], told["other_rows"]) == (False, False)


def test_what_the_test_rows_do_not_prove_leaves_the_choice() -> None:
    dev = {"majority": 0.5, "tfidf": 0.79, "full": 0.8}
    found = confirmation(dev, {"majority": 0.5, "tfidf": 0.79, "full": 0.795})
    assert found.revised() is found.advice
    assert found.told()["confirmed"]
    assert "is \N{MINUS SIGN}0.005 there [" in found.told()["sentence"]


def test_test_rows_of_another_kind_are_told() -> None:
    dev = {"majority": 0.5, "tfidf": 0.79, "full": 0.8}
    told = confirmation(dev, {"majority": 0.5, "tfidf": 0.6, "full": 0.6}).told()
    assert told["other_rows"]
    assert "is 0.600 [" in told["sentence"]
    values = scored({"a": 0.6, "b": 0.79})
    assert other_rows(values["a"], values["b"]) == other_rows(values["b"], values["a"]) is True


def test_too_few_rows_say_so() -> None:
    left = [LeftOut("full", "too_few_rows", "no")]
    found = advice({"majority": 0.5, "features": 1.0}, left_out=left, rows=4)
    assert (found.fine_tune, found.choice, found.code) == (False, "majority", "too_few_rows")


@pytest.mark.parametrize(("gain", "code"), [(0.004, "simpler_ties"), (0.05, "too_few_rows")])
def test_a_curve_that_is_almost_flat_is_no_reason_to_wait(gain: float, code: str) -> None:
    shares = {"majority": 0.3, "tfidf": 0.79, "features": 0.795, "full": 0.8}
    curve = LearningCurve(
        (100, 200, 400), (), (0.8, 0.1, 0.5), Interval(0.8 + gain, 0.75, 0.9), Interval(gain, 1e-5, 0.1), None
    )
    found = advise(
        [rung(name) for name in shares], [], scored(shares), curve, Rules(), primary="accuracy",
        train_rows=400, least_gain=0.01,
    )  # fmt: skip
    assert (found.choice, found.code) == ("tfidf", code)


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


def test_the_cheapest_that_the_rows_do_not_rule_out() -> None:
    values = scored({"a": 0.5, "b": 0.78, "c": 0.8, "d": 0.79})
    assert cheapest_of(["a", "b", "c", "d"], values, "accuracy") == "b"
    assert cheapest_of(["a", "d"], values, "accuracy") == "d"


@pytest.mark.parametrize(("cheap", "left_out"), [(range(171), False), (range(90), True)])
def test_a_dearer_way_is_tried_where_it_could_change_what_is_recommended(
    cheap: range, left_out: bool
) -> None:
    # TF-IDF is not provably worse than the top blocks, and would be provably worse than a little more. Where
    # it is out of the question, the frozen features are recommended, and a little more proves nothing.
    right = {
        "majority": [*range(100)],
        "tfidf": [*cheap, *range(193, 200)],
        "features": [*range(178), *range(186, 193)],
        "top_blocks": [*range(186)],
    }
    truth, counts = np.tile([1.0, 0.0], (200, 1)), draws(200, 500, 0)
    climb = Climb.__new__(Climb)
    climb.rungs, climb.rules, climb.primary = [rung(name) for name in right], Rules(), "accuracy"
    climb.__dict__["least_gain"] = 0.01
    climb._values = {}
    for name, rows in right.items():
        said = np.tile([0.0, 1.0], (200, 1))
        said[rows] = [1.0, 0.0]
        climb._values[name, "accuracy"] = resample(ACCURACY, truth, said, counts)
    found = climb._cannot_repay("lora")
    assert (found is not None) == left_out
    if found is not None:
        assert "above what is recommended so far, Frozen features + linear head" in found.reason
