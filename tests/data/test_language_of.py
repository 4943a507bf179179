import pytest

from afina.data.language_of import UNSURE, language_of, languages

SENTENCES = {
    "en": [
        "The battery of this phone lasts for two days.",
        "I would never buy this again, it broke at once.",
    ],
    "es": [
        "La batería de este móvil dura dos días enteros.",
        "No lo volvería a comprar nunca, se rompió enseguida.",
    ],
    "fr": [
        "La batterie de ce téléphone tient deux jours.",
        "Je ne l'achèterais plus jamais, il a cassé tout de suite.",
    ],
    "de": [
        "Der Akku dieses Telefons hält zwei Tage lang.",
        "Ich würde es nie wieder kaufen, es ging sofort kaputt.",
    ],
}


@pytest.mark.parametrize("code", SENTENCES)
def test_the_language_of_most_texts(code):
    other = "en" if code != "en" else "es"
    assert language_of(SENTENCES[code] * 5 + SENTENCES[other][:1]) == (code, pytest.approx(10 / 11))


def test_what_says_nothing_is_unsure():
    assert language_of([]) == (UNSURE, 0.0)
    assert language_of(["12345", "??", ""])[0] == UNSURE
    assert language_of([text for sentences in SENTENCES.values() for text in sentences])[0] == UNSURE


def test_a_large_sample_is_seeded():
    texts = (SENTENCES["en"] * 30 + SENTENCES["es"] * 20) * 10
    assert language_of(texts, seed=1) == language_of(texts, seed=1)
    assert language_of(texts, seed=1)[0] == "en"


def test_each_text_with_its_certainty():
    (code, certainty), _other = languages(SENTENCES["es"])
    assert code == "es"
    assert 0.5 < certainty <= 1.0
