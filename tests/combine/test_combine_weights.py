"""The ways to combine weights, against numbers worked out by hand or by other means."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from afina.combine import COMBINERS, Weights, check_alike
from afina.errors import ModelError


def network(seed: int) -> Weights:
    generator = torch.Generator().manual_seed(seed)
    return {
        "a.weight": torch.randn(5, 7, generator=generator),
        "a.bias": torch.randn(7, generator=generator),
        "positions": torch.arange(4),
    }


BASE, FIRST, SECOND = network(0), network(1), network(2)


def flat(dev: float = 0.0) -> object:
    return lambda weights: {"dev": dev}


def nearest(goal: Weights) -> object:
    """A score that is best at ``goal``."""
    return lambda weights: {"dev": -float((weights["a.weight"] - goal["a.weight"]).square().sum())}


def made(kind: str, *tuned: Weights, score: object = None, **settings: object) -> Weights:
    way = COMBINERS.make({"kind": kind, **settings})
    return way.combine(BASE, tuned, score or flat()).weights  # type: ignore[arg-type]


def one(values: list[float]) -> Weights:
    return {"w": torch.tensor(values)}


@pytest.mark.parametrize("kind", COMBINERS)
def test_nothing_that_goes_in_is_changed_and_types_and_counts_stay(kind: str) -> None:
    tuned = [FIRST, SECOND][: COMBINERS[kind].most or 2]
    before = [{name: tensor.clone() for name, tensor in each.items()} for each in (BASE, *tuned)]
    scored: list[Weights] = []

    def score(weights: Weights) -> dict[str, float]:
        scored.append(weights)
        return {"dev": float(len(scored) == 2)}

    combined = COMBINERS.make(kind).combine(BASE, tuned, score)
    for each, old in zip((BASE, *tuned), before, strict=True):
        assert all(torch.equal(each[name], old[name]) for name in each)
    assert combined.chosen in combined.tried
    assert combined.chosen["dev"] == max(entry["dev"] for entry in combined.tried)
    for name, tensor in BASE.items():
        assert combined.weights[name].dtype == tensor.dtype
        assert combined.weights[name].shape == tensor.shape
    assert torch.equal(combined.weights["positions"], BASE["positions"])


def test_interpolation_ends_at_the_base_and_at_the_tuned_network_bit_for_bit() -> None:
    for alpha, end in ((0.0, BASE), (1.0, FIRST)):
        got = made("interpolate", FIRST, alphas=[alpha])
        assert all(torch.equal(got[name], end[name]) for name in end)
    got = made("interpolate", FIRST, alphas=[0.25])
    expected = 0.75 * BASE["a.weight"].numpy().astype(float) + 0.25 * FIRST["a.weight"].numpy().astype(float)
    np.testing.assert_array_equal(got["a.weight"].numpy(), expected.astype(np.float32))


def test_a_sweep_takes_what_does_best_on_dev_and_of_equals_the_first() -> None:
    way = COMBINERS.make({"kind": "interpolate", "alphas": [0.0, 0.5, 1.0]})
    middle = way.combine(BASE, [FIRST], nearest(made("interpolate", FIRST, alphas=[0.5])))  # type: ignore[arg-type]
    assert middle.chosen["alpha"] == 0.5
    assert [entry["alpha"] for entry in middle.tried] == [0.0, 0.5, 1.0]
    equal = way.combine(BASE, [FIRST], flat())  # type: ignore[arg-type]
    assert equal.chosen["alpha"] == 0.0


def test_a_uniform_soup_is_the_mean() -> None:
    got = made("soup", FIRST, SECOND, how="uniform")
    expected = (FIRST["a.bias"].double() + SECOND["a.bias"].double()) / 2
    assert torch.equal(got["a.bias"], expected.float())


def test_a_greedy_soup_leaves_out_what_makes_it_worse() -> None:
    good = [one([1.0, 0.0]), one([1.2, 0.0]), one([9.0, 9.0])]

    def score(weights: Weights) -> dict[str, float]:
        return {"dev": -float((weights["w"] - torch.tensor([1.1, 0.0])).abs().sum())}

    combined = COMBINERS.make("soup").combine(one([0.0, 0.0]), good, score)
    assert sorted(combined.chosen["members"]) == [1, 2]
    torch.testing.assert_close(combined.weights["w"], torch.tensor([1.1, 0.0]))
    assert [len(entry["members"]) for entry in combined.tried] == [1, 2, 3]


def test_arithmetic_adds_what_was_learnt() -> None:
    base, tuned = one([1.0, 2.0]), [one([1.5, 2.0]), one([1.0, 1.0])]
    got = COMBINERS.make({"kind": "arithmetic", "scales": [0.5]}).combine(base, tuned, flat())  # type: ignore[arg-type]
    torch.testing.assert_close(got.weights["w"], torch.tensor([1.25, 1.5]))


def test_ties_worked_out_by_hand() -> None:
    # Task vectors [4, -3, 1, 0.5] and [-2, -5, 6, 0.1]; the larger half of each stays:
    # [4, -3, 0, 0] and [0, -5, 6, 0]. Signs: +, -, +, 0. Means of those that agree: 4, -4, 6, 0.
    base = one([10.0, 10.0, 10.0, 10.0])
    tuned = [one([14.0, 7.0, 11.0, 10.5]), one([8.0, 5.0, 16.0, 10.1])]
    way = COMBINERS.make({"kind": "ties", "density": 0.5, "scales": [1.0]})
    got = way.combine(base, tuned, flat()).weights["w"]  # type: ignore[arg-type]
    torch.testing.assert_close(got, torch.tensor([14.0, 6.0, 16.0, 10.0]))
    # With everything kept, 4 and -2 disagree: the sum is positive, so 4 alone counts.
    way = COMBINERS.make({"kind": "ties", "density": 1.0, "scales": [1.0]})
    got = way.combine(base, tuned, flat()).weights["w"]  # type: ignore[arg-type]
    torch.testing.assert_close(got, torch.tensor([14.0, 6.0, 13.5, 10.3]))


def test_dare_drops_a_share_keeps_the_expectation_and_obeys_its_seed() -> None:
    base, tuned = {"w": torch.zeros(200, 100)}, {"w": torch.ones(200, 100)}

    def dropped(seed: int) -> torch.Tensor:
        way = COMBINERS.make({"kind": "dare", "drop": 0.8, "seed": seed, "scales": [1.0]})
        return way.combine(base, [tuned], flat()).weights["w"]  # type: ignore[arg-type]

    got = dropped(0)
    assert set(got.unique().tolist()) == {0.0, 5.0}
    # 20,000 draws: the share dropped has a standard deviation of 0.0028.
    assert float((got == 0).float().mean()) == pytest.approx(0.8, abs=0.012)
    assert torch.equal(got, dropped(0))
    assert not torch.equal(got, dropped(1))


def test_slerp_goes_along_the_arc() -> None:
    first, second = one([2.0, 0.0]), one([0.0, 2.0])
    way = COMBINERS.make({"kind": "slerp", "ts": [1 / 3]})
    got = way.combine(BASE, [first, second], flat()).weights["w"]  # type: ignore[arg-type]
    expected = [2 * math.cos(math.pi / 6), 2 * math.sin(math.pi / 6)]
    torch.testing.assert_close(got, torch.tensor(expected))
    # In one direction, and from nothing, the arc is a line.
    line = way.combine(BASE, [one([3.0, 3.0]), one([6.0, 6.0])], flat()).weights["w"]  # type: ignore[arg-type]
    torch.testing.assert_close(line, torch.tensor([4.0, 4.0]))
    none = way.combine(BASE, [one([0.0, 0.0]), one([3.0, 0.0])], flat()).weights["w"]  # type: ignore[arg-type]
    torch.testing.assert_close(none, torch.tensor([1.0, 0.0]))


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({**BASE, "a.weight": torch.zeros(5, 8)}, "'a.weight' is 5 × 8 here and 5 × 7 there"),
        ({name: t for name, t in BASE.items() if name != "a.bias"}, "'a.bias' is nothing here and 7 there"),
        ({**BASE, "extra": torch.zeros(())}, "'extra' is 1 here and nothing there"),
    ],
)
def test_another_architecture_is_told_by_its_first_tensor(other: Weights, told: str) -> None:
    with pytest.raises(ModelError, match=told) as caught:
        check_alike(BASE, other, ("minilm", "runs/other"))
    assert "runs/other" in str(caught.value)
    assert "minilm" in str(caught.value)
