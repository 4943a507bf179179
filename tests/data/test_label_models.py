"""Label models: parameters of simulated votes are found again, and small cases agree with sums by hand."""

from itertools import pairwise

import numpy as np
import pytest

from afina.data.weak.label_models import ABSTAINS, LABEL_MODELS
from afina.data.weak.label_models.base import Independent, shares
from afina.data.weak.label_models.em import maximise
from afina.errors import DataError

NONE = np.zeros((0, 0), dtype=np.int64)
KINDS = list(LABEL_MODELS)


def fitted(kind, votes, classes, known=None, truth=()):
    known = votes[:0] if known is None else known
    return LABEL_MODELS.make(kind).fit(votes, classes, known, np.array(truth, dtype=np.int64))


def simulated(rows, balance, tables, seed=0):
    """Votes (N, F) and classes (N,); what is missing of the rows of a table to 1 is how often it abstains."""
    generator = np.random.default_rng(seed)
    truth = generator.choice(len(balance), rows, p=balance)
    votes = np.full((rows, len(tables)), ABSTAINS)
    for number, table in enumerate(tables):
        ends = np.cumsum(table, axis=1)[truth]
        drawn = generator.random(rows)
        which = (drawn[:, None] >= ends).sum(1)
        votes[:, number] = np.where(which < len(balance), which, ABSTAINS)
    return votes, truth


def test_dawid_skene_finds_the_errors_of_annotators_who_see_some_rows():
    balance = np.array([0.5, 0.3, 0.2])
    seen = np.array([0.9, 0.7, 0.5, 0.8, 0.6])
    generator = np.random.default_rng(3)
    noise = generator.dirichlet([1, 1, 1], size=(5, 3))
    tables = 0.7 * np.eye(3) + 0.3 * noise
    votes, truth = simulated(40_000, balance, tables * seen[:, None, None])
    opinion = fitted("dawid_skene", votes, 3)
    np.testing.assert_allclose(opinion.balance, balance, atol=0.02)
    np.testing.assert_allclose(opinion.tables, tables, atol=0.04)
    best = Independent(balance, tables)(votes)
    right, possible = ((each.argmax(1) == truth).mean() for each in (opinion(votes), best))
    assert right == pytest.approx(possible, abs=0.003)
    assert right > (shares(votes, 3).argmax(1) == truth).mean() + 0.005


#: Each says one thing only, and says it more often where it is true: rules as people write them.
RULES = np.array(
    [
        [[0.30, 0.0], [0.05, 0.0]],
        [[0.40, 0.0], [0.10, 0.0]],
        [[0.25, 0.0], [0.02, 0.0]],
        [[0.0, 0.04], [0.0, 0.35]],
        [[0.0, 0.08], [0.0, 0.30]],
    ]
)


def test_generative_finds_how_often_rules_speak_for_each_label():
    balance = np.array([0.6, 0.4])
    votes, _truth = simulated(60_000, balance, RULES)
    opinion = fitted("generative", votes, 2)
    np.testing.assert_allclose(opinion.balance, balance, atol=0.04)
    np.testing.assert_allclose(opinion.tables, RULES, atol=0.03)


def test_generative_is_calibrated_where_majority_is_not():
    votes, truth = simulated(60_000, np.array([0.6, 0.4]), RULES)
    covered = (votes != ABSTAINS).any(1)
    votes, truth = votes[covered], truth[covered]
    losses = {}
    for kind in ("majority", "generative"):
        chances = fitted(kind, votes, 2)(votes)
        losses[kind] = -np.log(np.maximum(chances[np.arange(len(truth)), truth], 1e-3)).mean()
    assert losses["generative"] < 0.8 * losses["majority"]


def test_dawid_skene_against_sums_by_hand():
    """Three annotators, two classes, four rows; the third one did not see the last."""
    votes = np.array([[0, 0, 1], [1, 1, 1], [0, 1, 0], [1, 0, ABSTAINS]])
    q = np.array([[2 / 3, 1 / 3], [0, 1], [2 / 3, 1 / 3], [1 / 2, 1 / 2]])
    for _step in range(3):
        b = [sum(q[n][c] for n in range(4)) / 4 for c in range(2)]
        t = [
            [
                [
                    sum(q[n][c] for n in range(4) if votes[n][f] == k)
                    / sum(q[n][c] for n in range(4) if votes[n][f] != ABSTAINS)
                    for k in range(2)
                ]
                for c in range(2)
            ]
            for f in range(3)
        ]
        new = []
        for n in range(4):
            products = [
                b[c] * np.prod([t[f][c][votes[n][f]] for f in range(3) if votes[n][f] != ABSTAINS])
                for c in range(2)
            ]
            new.append([product / sum(products) for product in products])
        q = np.array(new)
    outcomes = votes[..., None] == np.arange(2)
    balance, tables = maximise(outcomes, shares(votes, 2), most=3)
    np.testing.assert_allclose(balance, b, rtol=1e-12)
    np.testing.assert_allclose(tables, t, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(Independent(balance, tables)(votes), q, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("pseudo", [0.0, 0.1])
def test_no_step_makes_the_votes_less_probable(pseudo):
    votes, _truth = simulated(300, np.array([0.6, 0.4]), RULES)
    outcomes = votes[..., None] == np.array([0, 1, ABSTAINS])
    flat = outcomes.reshape(300, -1).astype(float)

    def objective(most):
        balance, tables = maximise(outcomes, shares(votes, 2), pseudo=pseudo, most=most)
        scores = np.log(balance) + flat @ np.log(np.maximum(tables, 1e-12)).transpose(0, 2, 1).reshape(15, 2)
        return np.logaddexp.reduce(scores, 1).sum() + pseudo * np.log(np.maximum(tables, 1e-12)).sum()

    values = [objective(most) for most in range(1, 30)]
    assert all(after >= before - 1e-9 for before, after in pairwise(values))
    assert values[-1] > values[0] + 1


def test_weights_follow_from_how_often_each_is_right():
    """Right on 18 of 20, and on 12 of 20: 30 of 40 together, to which 1 of 2 is added."""
    truth = np.zeros(20, dtype=np.int64)
    known = np.array([[0] * 18 + [1] * 2, [0] * 12 + [1] * 8]).T
    opinion = fitted("weighted", known[:1], 2, known, truth)
    overall = 31 / 42
    a, b = (18 + 2 * overall) / 22, (12 + 2 * overall) / 22
    both = a * (1 - b) / (a * (1 - b) + (1 - a) * b)
    chances = opinion(np.array([[0, 1], [0, ABSTAINS], [ABSTAINS, ABSTAINS]]))
    np.testing.assert_allclose(chances[:, 0], [both, a, 0.5], rtol=1e-12)


def test_a_vote_on_a_label_that_no_function_gives_is_not_right():
    known, truth = np.array([[ABSTAINS], [0], [0]]), [ABSTAINS, ABSTAINS, 0]
    opinion = fitted("weighted", known, 2, known, truth)
    overall = (1 + 1) / (2 + 2)
    assert opinion(np.array([[0]]))[0, 0] == pytest.approx((1 + 2 * overall) / 4)


def test_majority_is_the_share_of_the_votes():
    votes = np.array([[0, 0, 2], [1, ABSTAINS, ABSTAINS], [ABSTAINS] * 3])
    np.testing.assert_allclose(
        fitted("majority", votes, 3)(votes), [[2 / 3, 0, 1 / 3], [0, 1, 0], [1 / 3] * 3]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_one_function_is_believed(kind):
    votes = np.array([[0], [1], [1], [1]] * 10)
    chances = fitted(kind, votes, 2, votes, votes[:, 0])(votes)
    assert (chances.argmax(1) == votes[:, 0]).all()
    np.testing.assert_allclose(chances.sum(1), 1)


@pytest.mark.parametrize("kind", KINDS)
def test_degenerate_votes_give_finite_probabilities(kind):
    silent = np.full((6, 3), ABSTAINS)
    one_class = np.zeros((6, 3), dtype=np.int64)
    always_against = np.array([[0, 1], [1, 0], [0, 1], [1, 0]])
    for votes in (silent, one_class, always_against):
        if kind == "dawid_skene" and votes is not always_against:
            with pytest.raises(DataError, match="each function gives one label only"):
                fitted(kind, votes, 2)
            continue
        chances = fitted(kind, votes, 2, votes[:1], [0])(votes)
        assert np.isfinite(chances).all()
        np.testing.assert_allclose(chances.sum(1), 1)
    if kind != "dawid_skene":
        np.testing.assert_allclose(fitted(kind, silent, 2, silent[:1], [0])(silent), 0.5)


def test_weights_need_rows_that_were_labelled_by_hand():
    with pytest.raises(DataError, match="labelled by hand"):
        fitted("weighted", np.array([[0, 1]]), 2)


@pytest.mark.parametrize("kind", KINDS)
def test_a_label_model_does_not_depend_on_the_order_of_rows_or_functions(kind):
    votes, truth = simulated(500, np.array([0.5, 0.5]), np.tile([[0.6, 0.2], [0.2, 0.6]], (4, 1, 1)))
    rows, functions = np.random.default_rng(1).permutation(500), [2, 0, 3, 1]
    chances = fitted(kind, votes, 2, votes[:50], truth[:50])(votes)
    moved = votes[rows][:, functions]
    again = fitted(kind, moved, 2, votes[:50][:, functions], truth[:50])(moved)
    np.testing.assert_allclose(again, chances[rows], atol=1e-6)
