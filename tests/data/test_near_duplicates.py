import itertools
import random

import pytest

from afina.data.near_duplicates import clusters, jaccard, normal_form, pairs


def brute_force(texts, threshold):
    """All pairs by plain sets of strings, the independent implementation."""

    def grams(text):
        return {text[at : at + 5] for at in range(len(text) - 4)} if len(text) >= 5 else {text}

    sets = [grams(normal_form(text)) for text in texts]
    found = []
    for (i, a), (j, b) in itertools.combinations(enumerate(sets), 2):
        similarity = len(a & b) / len(a | b)
        if similarity >= threshold:
            found.append((i, j, similarity))
    return found


def noisy_texts(count, seed):
    generator = random.Random(seed)
    words = [
        "".join(generator.choices("abcdefghijklmnopqrstuvwxyzñéß", k=generator.randint(2, 9)))
        for _ in range(400)
    ]
    texts = []
    for _ in range(count):
        if texts and generator.random() < 0.5:
            # A copy with a few words changed.
            copy = generator.choice(texts).split()
            for _change in range(generator.randint(0, 3)):
                copy[generator.randrange(len(copy))] = generator.choice(words)
            copy[-1] += generator.choice("abc")
            texts.append(" ".join(copy))
        else:
            texts.append(" ".join(generator.choices(words, k=generator.randint(1, 25))))
    return list(dict.fromkeys(texts))


@pytest.mark.parametrize("threshold", [0.5, 0.8, 0.9])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_pairs_as_brute_force(threshold, seed):
    texts = noisy_texts(400, seed)
    expected = brute_force(texts, threshold)
    found = pairs(texts, threshold)
    assert len(expected) > 10
    assert set(found) <= set(expected)
    # At most one in a thousand may be missed; there are far fewer than that here.
    assert len(found) >= len(expected) - 1
    assert found == sorted(found)


def test_copies_are_paired_with_the_first_one_only():
    texts = ["The same text.", "another thing entirely", "the  SAME text.", "the same téxt."]
    assert pairs(texts, 0.8) == [(0, 2, 1.0), (0, 3, 1.0)]
    assert len(pairs(["copy of a text"] * 1000, 0.8)) == 999


def test_short_texts_compare_as_a_whole():
    assert pairs(["ok", "OK", "no", "", "okay"], 0.5) == [(0, 1, 1.0)]
    assert jaccard("ok", "ok") == 1.0
    assert jaccard("ok", "no") == 0.0


def test_nothing_to_pair():
    assert pairs([], 0.8) == []
    assert pairs(["one text"], 0.8) == []


def test_similarity_by_hand():
    # Grams: abcde bcdef | abcde bcdeX: one of three in common.
    assert jaccard("abcdef", "abcdex") == pytest.approx(1 / 3)
    assert pairs(["abcdef", "abcdex"], 0.3) == [(0, 1, pytest.approx(1 / 3))]


def test_clusters_are_transitive_and_named_by_their_first_member():
    assert clusters(6, [(0, 2), (4, 2), (1, 5)]) == [0, 1, 0, 3, 0, 1]
    assert clusters(0, []) == []
