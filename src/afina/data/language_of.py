"""The language most texts are written in."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

__all__ = ["UNSURE", "language_of", "languages"]

UNSURE = "und"
"""ISO 639-2's code for a language that could not be determined."""

#: Restricting the choice makes short texts more certain.
_KNOWN = (
    "ar", "ca", "cs", "da", "de", "el", "en", "es", "eu", "fi", "fr", "gl", "hu", "it", "ja", "ko", "nl",
    "no", "pl", "pt", "ro", "ru", "sv", "tr", "uk", "zh",
)  # fmt: skip
SAMPLE = 300
#: A text this short says little about its language.
SHORT = 20
CERTAIN = 0.5


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(list(_KNOWN))
    return identifier


def languages(texts: Sequence[str]) -> list[tuple[str, float]]:
    """(ISO 639-1 code, probability) of each text; the code is ``und`` where it is below one half."""
    found = []
    for text in texts:
        # Names, links and figures carry no language; long texts are judged by their beginning.
        code, certainty = _identifier().classify(text[:1000])
        found.append((code if certainty >= CERTAIN else UNSURE, float(certainty)))
    return found


def language_of(texts: Sequence[str], seed: int = 0) -> tuple[str, float]:
    """The language of most texts, and the share of the sampled texts that are in it.

    ``("und", share)`` when fewer than half of the texts agree.
    """
    chosen = [text for text in texts if len(text) >= SHORT] or list(texts)
    if len(chosen) > SAMPLE:
        chosen = random.Random(seed).sample(chosen, SAMPLE)
    counts = Counter(code for code, _certainty in languages(chosen))
    if not counts:
        return UNSURE, 0.0
    code, count = counts.most_common(1)[0]
    share = count / len(chosen)
    return (code, share) if share >= 0.5 else (UNSURE, share)
