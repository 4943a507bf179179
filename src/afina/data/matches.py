"""From files to questions and the documents that answer them, with every guess told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..errors import DataError
from ..language import _
from .collect import collect
from .collected import Collected
from .load import Data, Dataset, fingerprint_of, limited, spoken, told_of
from .match import Match
from .search import NOTHING, Bm25
from .split import split
from .usable import check_enough

__all__ = ["load_matches"]


def load_matches(settings: Data, seed: int, mined: int) -> Dataset:
    """Reads, mines and splits; a question never stands on two sides.

    Args:
        mined: how many documents that share words with a question and are not known to answer it are added to
            each match as negatives. They come from the documents that are known when training: the whole
            collection of a folder, or those of the training rows of a table.

    Raises:
        DataError: with all that is wrong with the files, the columns and the rows.
    """
    found = collect(settings)
    rows = limited({side: found.matches(side) for side in found.sides}, settings.limit, seed)
    check_enough(rows["train"], str(settings.path))
    splits = split(rows["train"], settings.split, seed, dev=rows.get("dev"), test=rows.get("test"))
    for name, side in splits.items():
        if not side:
            raise DataError(_("no usable rows are left in {side}.").format(side=name), where="data.path")
    pool = range(len(found.documents)) if found.shared else _known(splits.train)
    splits = replace(
        splits, **{name: _mined(side, found, list(pool), mined) for name, side in splits.items()}
    )
    language, told_of_language = spoken(splits, seed)
    questions = {name: len({match.group for match in side}) for name, side in splits.items()}
    told = _(
        "{train} questions to train on, {dev} for development, {test} for the test; {documents} documents "
        "are searched."
    )
    return Dataset(
        splits=splits,
        language=language,
        notes=(
            *dict.fromkeys(found.notes),
            told.format(documents=len(found.documents), **questions),
            *told_of_language,
            *told_of(splits, settings, seed),
        ),
        cleaned=tuple(found.cleaned),
        dropped=tuple(found.problems),
        fingerprint=fingerprint_of(splits, _values),
        columns=found.columns,
        documents=tuple(found.documents),
    )


def _known(train: Sequence[Match]) -> list[int]:
    """The numbers of the documents of the training rows."""
    given = {one.number for match in train for one in (match.document, *match.negatives)}
    return sorted(given)


def _mined(side: Sequence[Match], found: Collected, pool: list[int], count: int) -> tuple[Match, ...]:
    """The matches with documents of ``pool`` that share words with their question as further negatives.

    As in Karpukhin et al. 2020: what BM25 finds and is not known to answer. The matches of one question get
    different ones, dealt out in turn.
    """
    if not count:
        return tuple(side)
    index = Bm25([found.documents[number] for number in pool])
    together: dict[str | None, list[int]] = {}
    for place, match in enumerate(side):
        together.setdefault(match.group, []).append(place)
    mined = list(side)
    for places in together.values():
        matches = [side[place] for place in places]
        excluded = {one.number for match in matches for one in match.negatives} | set(matches[0].relevant)
        ranked = index.search([matches[0].text], count * len(matches) + len(excluded))[0].tolist()
        numbers = [pool[place] for place in ranked if place != NOTHING]
        left = [found.document(n) for n in numbers if n not in excluded][: count * len(matches)]
        for turn, (place, match) in enumerate(zip(places, matches, strict=True)):
            mined[place] = replace(match, negatives=(*match.negatives, *left[turn :: len(matches)]))
    return tuple(mined)


def _values(match: Match) -> list[Any]:
    """What the fingerprint of the data is taken of."""
    return [match.text, match.document.text, match.grade, [one.text for one in match.negatives]]
