"""The chunked cross-entropy against the plain one."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import cross_entropy, linear

from afina.models.token_loss import token_losses

WIDTH, WORDS = 6, 11


def made(
    rows: int, *, bias: bool, seed: int = 0, dtype: torch.dtype = torch.float64
) -> dict[str, Tensor | None]:
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=dtype).requires_grad_()

    return {
        "hidden": normal(rows, WIDTH),
        "weight": normal(WORDS, WIDTH),
        "bias": normal(WORDS) if bias else None,
        "targets": torch.randint(0, WORDS, (rows,), generator=generator),
        "counts": torch.rand(rows, generator=generator, dtype=dtype),
    }


def plain(given: dict[str, Tensor | None], softcap: float | None) -> Tensor:
    """The same by torch, all scores at once."""
    scores = linear(given["hidden"], given["weight"], given["bias"])  # type: ignore[arg-type]
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    return cross_entropy(scores, given["targets"], reduction="none") * given["counts"]  # type: ignore[arg-type]


@settings(deadline=None)
@given(
    rows=st.integers(0, 9),
    chunk=st.integers(1, 12),
    bias=st.booleans(),
    softcap=st.sampled_from([None, 0.5, 30.0]),
    # Of floats hypothesis wants those that are too small to be normal, which are switched off here.
    scale=st.integers(-6, 6).map(lambda number: number / 2),
)
def test_the_losses_and_every_gradient_are_those_of_the_plain_one(
    rows: int, chunk: int, bias: bool, softcap: float | None, scale: float
) -> None:
    one, other = made(rows, bias=bias), made(rows, bias=bias)
    own = token_losses(**one, softcap=softcap, chunk=chunk)  # type: ignore[arg-type]
    expected = plain(other, softcap)
    torch.testing.assert_close(own, expected, rtol=1e-12, atol=1e-12)
    (own.sum() * scale).backward()
    (expected.sum() * scale).backward()
    for name in ("hidden", "weight", "bias"):
        if one[name] is not None:
            torch.testing.assert_close(one[name].grad, other[name].grad, rtol=1e-11, atol=1e-12)  # type: ignore[union-attr]


@pytest.mark.parametrize("learns", ["hidden", "weight"])
def test_only_what_learns_gets_a_gradient(learns: str) -> None:
    one, other = made(5, bias=True), made(5, bias=True)
    for tensors in (one, other):
        for name in {"hidden", "weight", "bias"} - {learns}:
            tensors[name].requires_grad_(False)  # type: ignore[union-attr]
    token_losses(**one, chunk=2).sum().backward()  # type: ignore[arg-type]
    plain(other, None).sum().backward()
    torch.testing.assert_close(one[learns].grad, other[learns].grad)  # type: ignore[union-attr]
    assert all(one[name].grad is None for name in {"hidden", "weight", "bias"} - {learns})  # type: ignore[union-attr]


def test_scores_of_any_size_stay_finite() -> None:
    one = made(4, bias=False, dtype=torch.float32)
    with torch.no_grad():
        one["hidden"].mul_(1e4)  # type: ignore[union-attr]
    losses = token_losses(**one)  # type: ignore[arg-type]
    losses.sum().backward()
    assert torch.isfinite(losses).all()
    assert torch.isfinite(one["hidden"].grad).all()  # type: ignore[union-attr]


def test_tokens_weighed_anew_in_the_backward_pass_are_refused() -> None:
    losses = token_losses(**made(3, bias=False))  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="use counts"):
        (losses * torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)).sum().backward()


def test_at_most_one_chunk_of_scores_exists() -> None:
    """Nothing of the size (M, V) is made, whatever M is."""
    rows, words, largest = 64, 128, 0
    hidden = torch.randn(rows, WIDTH, requires_grad=True)
    weight = torch.randn(words, WIDTH, requires_grad=True)

    class Watch(torch.utils._python_dispatch.TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            nonlocal largest
            result = func(*args, **(kwargs or {}))
            if isinstance(result, Tensor):
                largest = max(largest, result.numel())
            return result

    with Watch():
        token_losses(
            hidden, weight, torch.zeros(rows, dtype=torch.int64), torch.ones(rows), chunk=4
        ).sum().backward()
    assert largest == words * WIDTH > 4 * words
