"""Near-duplicate texts: MinHash and locality-sensitive hashing, verified by exact Jaccard similarity.

Two texts are near-duplicates when the sets of their character 5-grams overlap by at least the threshold:
``|A & B| / |A | B|``, over text without case, accents and the kind of spaces. MinHash (Broder 1997) finds
candidates without comparing every pair; every candidate is then verified exactly, so no pair is reported
that does not hold, and at most one true pair in a thousand is missed (Leskovec, Rajaraman & Ullman, Mining
of Massive Datasets, section 3.4).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["clusters", "jaccard", "normal_form", "pairs", "shingles"]

SHINGLE = 5
PERMUTATIONS = 128
#: The share of true pairs, exactly at the threshold, that may go unseen.
MISSED = 0.001
#: Shingles hashed at once, and pairs compared at once: sized to stay in the processor's cache.
BLOCK = 1 << 16

Number = TypeVar("Number", np.uint64, np.int64)

#: Odd multiplier of the polynomial hash of a shingle (2^64 divided by the golden ratio).
_BASE = np.uint64(0x9E3779B97F4A7C15)


def normal_form(text: str) -> str:
    """The text without case, accents and the kind of spaces: what counts as the same text."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def shingles(text: str) -> frozenset[str]:
    """The character 5-grams of a text's normal form; a shorter text is one shingle by itself."""
    normal = normal_form(text)
    return frozenset(normal[at : at + SHINGLE] for at in range(max(1, len(normal) - SHINGLE + 1)))


def jaccard(first: str, second: str) -> float:
    """The similarity of two texts, from 0 to 1."""
    a, b = shingles(first), shingles(second)
    return len(a & b) / len(a | b)


def pairs(texts: Sequence[str], threshold: float) -> list[tuple[int, int, float]]:
    """(i, j, similarity) with i < j for all pairs of near-duplicates, in order.

    Texts of the same normal form are each paired with the first of them only, at similarity 1, and only
    that first one is paired with other texts: a thousand copies give a thousand pairs, not half a million.

    Args:
        threshold: least Jaccard similarity, above 0 and at most 1.
    """
    return list(_pairs(tuple(texts), threshold))


def clusters(count: int, linked: Iterable[tuple[int, int]]) -> list[int]:
    """The cluster of each of ``count`` items, named by its first member, by union-find."""
    parent = list(range(count))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for first, second in linked:
        a, b = root(first), root(second)
        parent[max(a, b)] = min(a, b)
    return [root(item) for item in range(count)]


# The split and two checks of the audit ask for the same pairs.
@lru_cache(maxsize=2)
def _pairs(texts: tuple[str, ...], threshold: float) -> tuple[tuple[int, int, float], ...]:
    firsts: dict[str, int] = {}
    found: list[tuple[int, int, float]] = []
    for number, text in enumerate(texts):
        original = firsts.setdefault(normal_form(text), number)
        if original != number:
            found.append((original, number, 1.0))
    numbers = list(firsts.values())
    if threshold < 1.0 and len(numbers) > 1:
        sets = _hashed(list(firsts))
        first, second = _candidates(_signatures(sets), threshold)
        similarities = _similarities(sets, first, second)
        for at in np.flatnonzero(similarities >= threshold):
            found.append((numbers[first[at]], numbers[second[at]], float(similarities[at])))
    return tuple(sorted(found))


def _hashed(normal: list[str]) -> list[NDArray[np.uint64]]:
    """The distinct shingles of each text as sorted 64-bit hashes."""
    sets = []
    for text in normal:
        letters = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
        width = max(1, len(letters) - SHINGLE + 1)
        hashes = np.zeros(width, np.uint64)
        for offset in range(min(SHINGLE, len(letters))):
            # Plus one, so that a short text differs from the same text followed by NUL characters.
            hashes = hashes * _BASE + letters[offset : offset + width] + np.uint64(1)
        sets.append(_distinct(_mixed(hashes)))
    return sets


def _mixed(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spreads every bit over all others (the finaliser of MurmurHash3)."""
    hashes = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    hashes = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return hashes ^ (hashes >> np.uint64(33))


def _distinct(values: NDArray[Number]) -> NDArray[Number]:
    """Sorted, each once: ``np.unique`` takes a hash table, 40 times slower on values with such patterns."""
    values = np.sort(values)
    return values[np.concatenate([[True], values[1:] != values[:-1]])] if len(values) else values


def _signatures(sets: list[NDArray[np.uint64]]) -> NDArray[np.uint32]:
    """(texts, 128) MinHash signatures by multiply-shift hashing (Dietzfelbinger et al. 1997)."""
    generator = np.random.Generator(np.random.PCG64(0))
    odd = generator.integers(0, 2**63, PERMUTATIONS, np.uint64) * np.uint64(2) + np.uint64(1)
    shift = generator.integers(0, 2**63, PERMUTATIONS, np.uint64)
    result = np.empty((len(sets), PERMUTATIONS), np.uint32)
    start = 0
    while start < len(sets):
        end, size = start, 0
        while end < len(sets) and (end == start or size + len(sets[end]) <= BLOCK):
            size += len(sets[end])
            end += 1
        block = np.concatenate(sets[start:end])
        edges = np.cumsum([0, *(len(part) for part in sets[start : end - 1])])
        for number in range(PERMUTATIONS):
            high = ((block * odd[number] + shift[number]) >> np.uint64(32)).astype(np.uint32)
            result[start:end, number] = np.minimum.reduceat(high, edges)
        start = end
    return result


def _rows_of_a_band(threshold: float) -> int:
    """The longest bands that miss at most one true pair in a thousand."""
    rows = 1
    while rows < 16 and (1 - threshold ** (rows + 1)) ** (PERMUTATIONS // (rows + 1)) <= MISSED:
        rows += 1
    return rows


def _candidates(
    signatures: NDArray[np.uint32], threshold: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs (first, second) that share a band and whose signatures agree about as often as they should."""
    rows = _rows_of_a_band(threshold)
    # Four standard deviations of the estimate below: fewer than one true pair in 10,000 is lost here.
    least = PERMUTATIONS * threshold - 4 * (PERMUTATIONS * threshold * (1 - threshold)) ** 0.5
    # The lowest byte of each hash tells nearly as much as the whole (b-bit minwise hashing, Li & König 2010).
    low = signatures.astype(np.uint8)
    total = len(signatures)
    found = np.empty(0, np.int64)
    for start in range(0, PERMUTATIONS - rows + 1, rows):
        key = np.zeros(total, np.uint64)
        for column in range(start, start + rows):
            key = _mixed(key * _BASE + signatures[:, column])
        order = np.argsort(key, kind="stable")
        key = key[order]
        parts = [found]
        for distance in range(1, total):
            places = np.flatnonzero(key[distance:] == key[:-distance])
            if not len(places):
                break
            for block in range(0, len(places), BLOCK):
                first = order[places[block : block + BLOCK]]
                second = order[places[block : block + BLOCK] + distance]
                agree = _equal_bytes(low[first], low[second]) >= least
                parts.append(first[agree] * total + second[agree])
        found = _distinct(np.concatenate(parts))
    return found // total, found % total


def _equal_bytes(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """How many of the 128 bytes of each row are the same: eight are counted at once, in 64-bit words."""
    words: NDArray[np.uint64] = (first == second).view(np.uint64).sum(axis=1)
    # Each byte of a word now counts to 16 at most; the product gathers their sum in the highest byte.
    words *= np.uint64(0x0101010101010101)
    words >>= np.uint64(56)
    return words


def _similarities(
    sets: list[NDArray[np.uint64]], first: NDArray[np.int64], second: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Exact Jaccard similarity of pairs of sets."""
    if not len(first):
        return np.empty(0)
    from scipy.sparse import csr_array

    sizes = np.array([len(part) for part in sets])
    _values, columns = np.unique(np.concatenate(sets), return_inverse=True)
    holds = csr_array((np.ones(len(columns), np.int32), columns, np.concatenate([[0], np.cumsum(sizes)])))
    common = np.concatenate(
        [
            (holds[first[at : at + BLOCK]] * holds[second[at : at + BLOCK]]).sum(axis=1)
            for at in range(0, len(first), BLOCK)
        ]
    )
    similarities: NDArray[np.float64] = common / (sizes[first] + sizes[second] - common)
    return similarities
