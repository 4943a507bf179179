import json

import numpy as np
import pytest

from afina.evaluate.calibration import calibration
from afina.evaluate.metrics import metrics_of


def test_bins_hold_every_row_and_add_up_to_the_error():
    rng = np.random.default_rng(0)
    predicted = rng.dirichlet([0.5, 0.5, 0.5], 200)
    truth = np.eye(3)[[rng.choice(3, p=row) for row in predicted]]
    found = calibration(truth, predicted)
    assert sum(each.count for each in found.bins) == 200
    for each in found.bins:
        assert each.low < each.confidence <= each.high
        inside = (predicted.max(1) > each.low) & (predicted.max(1) <= each.high)
        assert each.count == inside.sum()
        right = truth.argmax(1) == predicted.argmax(1)
        assert each.accuracy == pytest.approx(right[inside].mean())
    gap = sum(each.count * abs(each.accuracy - each.confidence) for each in found.bins) / 200
    assert found.value == pytest.approx(gap)
    metric = metrics_of(["calibration_error"], multi_label=False)["calibration_error"]
    assert found.value == pytest.approx(float(metric(truth, predicted)))
    assert found.value < 0.15


def test_overconfidence_shows():
    truth = np.eye(2)[[0, 1] * 20]
    predicted = np.tile([0.99, 0.01], (40, 1))
    found = calibration(truth, predicted)
    assert found.value == pytest.approx(0.49)
    (only,) = found.bins
    assert (only.count, only.accuracy, only.confidence) == (40, 0.5, pytest.approx(0.99))


def test_plain_is_json():
    plain = calibration(np.eye(2), np.eye(2)).plain()
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["bins"] == [{"low": 14 / 15, "high": 1.0, "confidence": 1.0, "accuracy": 1.0, "count": 2}]
