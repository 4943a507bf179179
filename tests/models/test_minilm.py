"""The default model, as it comes from its package."""

import pytest
import torch

from afina.models.anatomy import dissect
from afina.models.load import Model, load
from afina.models.network import pool
from afina.models.source import resolve

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def minilm():
    return load(Model())


def embed(loaded, texts, width=None):
    """(N, H) unit vectors; rows padded to ``width`` tokens when given."""
    how = {"padding": "max_length", "max_length": width} if width else {"padding": True}
    encoded = loaded.tokenizer(texts, return_tensors="pt", **how)
    with torch.no_grad():
        hidden = loaded.trunk(**encoded).last_hidden_state
    return torch.nn.functional.normalize(pool(hidden, encoded["attention_mask"], loaded.pooling), dim=1)


def test_what_it_is(minilm):
    assert (minilm.name, minilm.licence, minilm.pooling) == ("minilm", "Apache-2.0", "mean")
    assert (minilm.width, minilm.max_length) == (384, 256)
    assert minilm.fingerprint == "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
    assert sum(p.numel() for p in minilm.trunk.parameters()) == 22_565_376
    assert len(dissect(minilm.trunk).blocks) == 6


def test_paraphrases_are_near_and_other_sentences_are_not(minilm):
    same = ["The battery lasts all day.", "It runs from morning to night on one charge."]
    other = "The king signed the treaty in 1648."
    vectors = embed(minilm, [*same, other])
    near, far = vectors @ vectors.T, vectors[:2] @ vectors[2]
    assert near[0, 1] > 0.4
    assert far.abs().max() < 0.15


def test_a_vector_does_not_depend_on_padding(minilm):
    texts = ["Good.", "The screen broke after two weeks, and nobody answered my letters."]
    torch.testing.assert_close(embed(minilm, texts), embed(minilm, texts, 128), atol=1e-5, rtol=0)
    alone = torch.cat([embed(minilm, [text]) for text in texts])
    torch.testing.assert_close(embed(minilm, texts), alone, atol=1e-5, rtol=0)


def test_the_reviews_are_as_published():
    folder = resolve("vader-reviews").folder
    counts = {
        name: len((folder / f"{name}_GroundTruth.txt").read_text(encoding="latin-1").strip().split("\n"))
        for name in (
            "amazonReviewSnippets",
            "movieReviewSnippets",
            "nytEditorialSnippets",
            "tweets",
        )
    }
    assert counts == {
        "amazonReviewSnippets": 3708,
        "movieReviewSnippets": 10605,
        "nytEditorialSnippets": 5190,
        "tweets": 4200,
    }
