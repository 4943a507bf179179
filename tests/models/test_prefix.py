"""Leaving out the frozen blocks of a network gives the same bits, in every family."""

import pytest
import torch

from afina.models.anatomy import dissect
from afina.models.prefix import Prefix
from networks import FAMILIES, inputs, make


@pytest.mark.parametrize("family", FAMILIES)
def test_a_known_state_gives_the_same_bits_as_computing_it(family):
    trunk, given = make(family), inputs(family)
    for count in range(1, FAMILIES[family][1] + 1):
        prefix = Prefix(trunk, count, **inputs(family, rows=1, length=3))
        with torch.no_grad():
            plain = trunk(**given).last_hidden_state
            state = prefix.state(**given)
            with prefix.known(state):
                assert torch.equal(trunk(**given).last_hidden_state, plain), count
            assert torch.equal(trunk(**given).last_hidden_state, plain)
        assert prefix.is_exact(**given)


@pytest.mark.parametrize("family", FAMILIES)
def test_what_comes_out_follows_from_the_state_alone(family):
    trunk, given = make(family), inputs(family)
    prefix = Prefix(trunk, 2, **given)
    with torch.no_grad():
        state = prefix.state(**given)
        plain = trunk(**given).last_hidden_state
        with prefix.known(state + torch.randn(state.shape, generator=torch.Generator().manual_seed(2))):
            assert not torch.allclose(trunk(**given).last_hidden_state, plain, atol=1e-3)


def test_the_blocks_left_out_are_not_computed_and_those_above_learn():
    trunk, given = make("bert"), inputs("bert")
    prefix = Prefix(trunk, 2, **given)
    state = prefix.state(**given)
    called = []
    for number, block in enumerate(dissect(trunk).blocks):
        block.attention.register_forward_hook(lambda *_, number=number: called.append(number))
    with prefix.known(state):
        trunk(**given).last_hidden_state.square().sum().backward()
    assert called == [2]
    learnt = {
        name.split(".")[2] for name, p in trunk.named_parameters() if p.grad is not None and "layer" in name
    }
    assert "2" in learnt
    assert not {"0", "1"} & learnt


def test_a_state_of_other_padding_is_exact_up_to_rounding():
    trunk = make("bert")
    short, long = inputs("bert", rows=3, length=5), inputs("bert", rows=3, length=5)
    long = {name: torch.nn.functional.pad(value, (0, 4)) for name, value in long.items()}
    prefix = Prefix(trunk, 2, **short)
    torch.testing.assert_close(prefix.state(**long)[:, :5], prefix.state(**short), rtol=1e-5, atol=1e-6)


def test_a_network_that_looks_below_its_blocks_is_found_out():
    trunk, given = make("bert"), inputs("bert")
    blocks, seen = dissect(trunk).blocks, []
    blocks[0].register_forward_hook(lambda _m, _i, out: seen.append(out))
    # The top block adds what the lowest one said: its state alone is not enough.
    blocks[2].register_forward_hook(lambda _m, _i, out: out + seen[-1])
    assert not Prefix(trunk, 2, **given).is_exact(**given)
