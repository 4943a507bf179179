"""The losses are those of torch, where torch has them."""

from __future__ import annotations

import torch
from torch import nn

from afina.data.row import Batch, Tools
from afina.objectives.binary_cross_entropy import BinaryCrossEntropy
from afina.objectives.cross_entropy import CrossEntropy

torch.manual_seed(0)
SCORES = torch.randn(6, 3, dtype=torch.float64)
CLASSES = torch.tensor([0, 2, 1, 1, 0, 2])
TOOLS = Tools(None, ("a", "b", "c"), 8, class_counts=(10.0, 5.0, 1.0))


def batch(targets: torch.Tensor) -> Batch:
    return Batch({}, targets, torch.ones(len(targets), dtype=torch.float64))


def mean(objective: CrossEntropy | BinaryCrossEntropy, targets: torch.Tensor) -> torch.Tensor:
    given = batch(targets.double())
    loss = objective.loss(lambda: SCORES, given, TOOLS)["rows"]
    return loss / objective.weigh(given, TOOLS)["rows"]


def one_hot() -> torch.Tensor:
    return nn.functional.one_hot(CLASSES, 3)


def test_plain_and_smoothed() -> None:
    for smoothing in (0.0, 0.2):
        expected = nn.CrossEntropyLoss(label_smoothing=smoothing)(SCORES, CLASSES)
        torch.testing.assert_close(mean(CrossEntropy(label_smoothing=smoothing), one_hot()), expected)


def test_class_weights() -> None:
    weights = {"a": 0.5, "c": 3.0}
    expected = nn.CrossEntropyLoss(weight=torch.tensor([0.5, 1.0, 3.0], dtype=torch.float64))(SCORES, CLASSES)
    torch.testing.assert_close(mean(CrossEntropy(class_weights=weights), one_hot()), expected)
    balanced = torch.tensor([16 / 30, 16 / 15, 16 / 3], dtype=torch.float64)
    expected = nn.CrossEntropyLoss(weight=balanced)(SCORES, CLASSES)
    torch.testing.assert_close(mean(CrossEntropy(class_weights="balanced"), one_hot()), expected)


def test_soft_labels() -> None:
    soft = torch.softmax(torch.randn(6, 3, dtype=torch.float64), -1)
    torch.testing.assert_close(mean(CrossEntropy(), soft), nn.CrossEntropyLoss()(SCORES, soft))


def test_binary() -> None:
    several = (torch.rand(6, 3, dtype=torch.float64) > 0.5).double()
    torch.testing.assert_close(mean(BinaryCrossEntropy(), several), nn.BCEWithLogitsLoss()(SCORES, several))
