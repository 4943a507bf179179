"""Near-duplicates among many rows: how long it takes, and how many of those that were planted are found.

The texts are made of words that are as frequent as in a language (Zipf), 8 to 40 a text. One text in a
hundred is a copy in which one word is another; those as similar as the threshold or more count as planted.

    python bench/duplicates.py [--rows 10000 100000] [--threshold 0.8] [--seed 0]
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from itertools import accumulate

from afina.data.near_duplicates import jaccard, pairs

LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = 20_000


def texts_with_copies(rows: int, generator: random.Random) -> tuple[list[str], list[tuple[int, int]]]:
    """The texts, and (original, copy) of each that was planted."""
    words = ["".join(generator.choices(LETTERS, k=generator.randint(2, 9))) for _ in range(WORDS)]
    weights = list(accumulate(1 / rank for rank in range(1, WORDS + 1)))
    copies = rows // 100
    texts = [
        " ".join(generator.choices(words, cum_weights=weights, k=generator.randint(8, 40)))
        for _ in range(rows - copies)
    ]
    originals = generator.sample(range(len(texts)), copies)
    for original in originals:
        changed = texts[original].split()
        changed[generator.randrange(len(changed))] = generator.choice(words)
        texts.append(" ".join(changed))
    return texts, [(original, rows - copies + number) for number, original in enumerate(originals)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--threshold", type=float, default=0.8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print("| rows | seconds | pairs found | planted | recall | MB |\n|--:|--:|--:|--:|--:|--:|")
    for rows in options.rows:
        texts, planted = texts_with_copies(rows, random.Random(options.seed))
        planted = [pair for pair in planted if jaccard(*(texts[at] for at in pair)) >= options.threshold]
        began = time.process_time()
        found = {(first, second) for first, second, _similarity in pairs(texts, options.threshold)}
        seconds = time.process_time() - began
        # A text that stands twice is paired with the first of them alone.
        recall = sum(pair in found for pair in planted) / len(planted)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
        print(
            f"| {rows:,} | {seconds:.1f} | {len(found):,} | {len(planted):,} | {recall:.4f} | {memory:.0f} |"
        )


if __name__ == "__main__":
    main()
