"""Metrics of texts: those of sacrebleu are its own, and Spanish is taken seriously."""

from __future__ import annotations

import numpy as np
import pytest
from sacrebleu.metrics import BLEU, CHRF

from afina.evaluate.generated import compare_texts
from afina.evaluate.metrics import METRICS, TextMetric
from afina.evaluate.metrics.rouge_l import words_of
from afina.evaluate.statistics import draws

EXPECTED = ["¿Dónde está la estación?", "The cat sat on the mat.", "Mañana no hay clase.", "Sí."]
ANSWERS = ["¿Dónde queda la estación?", "A cat sat on a mat.", "Manana no hay clases.", "No sé."]
TEXTS = [kind for kind, metric in METRICS.items() if issubclass(metric, TextMetric)]


def array(texts: list[str]) -> np.ndarray:
    return np.array(texts, dtype=object)


@pytest.mark.parametrize(("kind", "tool"), [("chrf", CHRF()), ("bleu", BLEU(tokenize="intl"))])
def test_a_corpus_has_the_score_that_sacrebleu_gives_it(kind: str, tool: CHRF | BLEU) -> None:
    found = float(METRICS.make(kind)(array(EXPECTED), array(ANSWERS)))
    assert found == pytest.approx(tool.corpus_score(ANSWERS, [EXPECTED]).score, rel=1e-12)


@pytest.mark.parametrize("kind", TEXTS)
def test_a_resample_has_the_score_of_its_rows(kind: str) -> None:
    metric, counts = METRICS.make(kind), draws(len(ANSWERS), 6, seed=3)
    for count, found in zip(counts, metric(array(EXPECTED), array(ANSWERS), counts), strict=True):
        rows = np.repeat(np.arange(len(ANSWERS)), count)
        assert found == pytest.approx(float(metric(array(EXPECTED)[rows], array(ANSWERS)[rows])), rel=1e-12)


@pytest.mark.parametrize("kind", TEXTS)
def test_the_expected_text_itself_reaches_the_upper_limit(kind: str) -> None:
    metric = METRICS.make(kind)
    long = [text + " Así es la vida en el campo." for text in EXPECTED]  # BLEU needs four words
    assert float(metric(array(long), array(long))) == pytest.approx(metric.limits[1], rel=1e-9)
    assert metric.limits[0] <= float(metric(array(long), array(["zzz"] * 4))) < 0.2 * metric.limits[1]


def test_accents_are_letters() -> None:
    assert words_of("¿Dónde está el año?") == ["dónde", "está", "el", "año"]
    rouge, exact = METRICS.make("rouge_l"), METRICS.make("exact_answer")
    assert float(rouge(array(["el año"]), array(["el ano"]))) == 0.5
    assert float(exact(array(["Sí  señor"]), array([" sí señor\n"]))) == 1.0
    assert float(exact(array(["año"]), array(["an\u0303o"]))) == 1.0
    assert float(exact(array(["año"]), array(["ano"]))) == 0.0


def test_rouge_l_is_f1_of_the_longest_common_subsequence() -> None:
    """a b c d e f against a x c d y: "a c d" is common; 2 · 3 / (6 + 5)."""
    rouge = METRICS.make("rouge_l")
    assert float(rouge(array(["a b c d e f"]), array(["A x c d y"]))) == pytest.approx(6 / 11)
    assert float(rouge(array(["a b"]), array([""]))) == 0.0


def test_models_are_compared_on_the_same_rows() -> None:
    answers = {"untrained": ANSWERS, "lora": EXPECTED}
    values, pairs = compare_texts(answers, EXPECTED, ("chrf", "exact_answer"), seed=0, resamples=200)
    assert values["lora"]["chrf"]["value"] == pytest.approx(100)
    assert [(p["a"], p["b"], p["split"], p["metric"]) for p in pairs] == [
        ("lora", "untrained", "test", "chrf"),
        ("lora", "untrained", "test", "exact_answer"),
    ]
    assert pairs[1]["difference"] == 1.0
