"""Data whose training rows have no labels: read, divided, and labelled by functions.

Nothing is ever measured on a label that functions gave: development and test rows are labelled by hand. They
come from files of their own, or are those rows of the data that have a label. How often functions are right
is told on the development rows alone, so that whoever mends a rule has not seen the test.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...errors import DataError, Problem
from ...language import _, ngettext
from ...section import near_miss, shown
from ..columns import Columns, find_columns, find_text, lacking, require
from ..example import LabelledText, Splits, Where
from ..examples import Cleaned, made_of
from ..formats import Sheet
from ..labels import LabelReader, is_missing
from ..load import (
    Data,
    Dataset,
    columns_in,
    fingerprint_of,
    learnable,
    limited,
    sheets_of,
    spoken,
    told_of,
    told_of_labels,
    used,
    values_of,
    wanted,
)
from ..names import LABEL_NAMES, folded
from ..read import complain
from ..split import blocks, split
from ..usable import check_enough
from .functions import Rows
from .label_models import ABSTAINS, LABEL_MODELS, Chances
from .votes import Votes, as_matrix, cast, summary

__all__ = ["WeaklyLabelled", "load_weak", "weakly_labelled"]

Side = tuple[LabelledText, ...]


@dataclass(frozen=True, slots=True)
class Divided:
    """Rows with and without labels, before any function has been asked."""

    columns: Columns
    cells: Mapping[Where, Mapping[str, object]]
    """Every row as it stands in its file."""
    free: Side
    """Rows without a label."""
    taught: Side
    """Rows to train on that were labelled by hand."""
    sides: Mapping[str, Side]
    """``dev`` and ``test``, where there are any rows for them."""
    notes: tuple[str, ...]
    cleaned: tuple[Cleaned, ...]
    dropped: tuple[Problem, ...]
    lacking: tuple[Problem, ...]
    """Columns that functions need and the rows do not have."""

    def rows(self, examples: Side) -> Rows:
        places = [example.where for example in examples]
        return Rows([example.text for example in examples], [self.cells[place] for place in places], places)


@dataclass(frozen=True, slots=True)
class WeaklyLabelled:
    """What the functions say of the rows without a label."""

    given: Divided
    votes: Votes
    chances: Chances
    """(N, C) for each row without a label."""

    @property
    def labelled(self) -> Side:
        """The rows of which some function says something, with soft labels."""
        voted = (self.votes.free != ABSTAINS).any(1)
        pairs = zip(self.given.free, self.chances, voted, strict=True)
        return tuple(replace(example, target=self._soft(chances)) for example, chances, any_ in pairs if any_)

    def _soft(self, chances: Chances) -> dict[str, float]:
        rounded = dict(zip(self.votes.labels, np.round(chances, 4).tolist(), strict=True))
        total = sum(rounded.values())
        return {label: chance / total for label, chance in rounded.items() if chance}

    @property
    def doubts(self) -> list[str]:
        """A sentence on each label that functions give and no row has that was labelled by hand."""
        hand = (*self.given.taught, *self.given.sides.get("dev", ()))
        known = {label for example in hand for label in example.labels}
        sentences = []
        for number, label in enumerate(self.votes.labels):
            if known and label not in known:
                given = (self.votes.free == number).any(0)
                names = ", ".join(f for f, gives in zip(self.votes.functions, given, strict=True) if gives)
                told = _("No row that was labelled by hand has the label {label} ({functions}).")
                told = told.format(label=shown(label), functions=names)
                sentences.append(f"{told} {near_miss(label, known)}")
        return sentences

    def written(self) -> Iterator[dict[str, object]]:
        """The same rows as in the file, with their soft labels in the place of an empty one."""
        for example in self.labelled:
            yield {**self.given.cells[example.where], self.given.columns.label or "label": example.target}

    def plain(self) -> dict[str, Any]:
        """What is known of the functions, as JSON values."""
        covered = (self.votes.free != ABSTAINS).any(1)
        balance = self.chances[covered].mean(0).tolist()
        return {
            "rows": len(self.given.free),
            "covered": int(covered.sum()),
            "known": len(self.votes.truth),
            "balance": dict(zip(self.votes.labels, balance, strict=True)),
            "functions": summary(self.votes, self.chances),
        }


def weakly_labelled(settings: Data, seed: int) -> WeaklyLabelled:
    """Reads and divides the rows, asks the functions and joins their votes.

    Raises:
        DataError: with all that is wrong with the files, the rows and what the functions say of them.
    """
    functions, place = settings.weak.functions, "data.weak.functions"
    if not functions:
        raise DataError(
            _("there are no labelling functions."), where=place, fix=_("Give their file with data.weak.")
        )
    given = _divided(settings, seed)
    said = cast(functions, given.rows(given.free), given.lacking)
    labels = tuple(sorted({label for column in said.values() for label in column if label is not None}))
    if len(labels) < 2:
        told = _("the functions give no row any label.")
        if labels:
            told = _("the functions give one label only, {label}, and at least two are needed.").format(
                label=labels[0]
            )
        raise DataError(told, where=place, fix=_("Add functions for the other labels."))
    hand = (*given.taught, *given.sides.get("dev", ()))
    number = {label: place for place, label in enumerate(labels)}
    votes = Votes(
        functions=tuple(said),
        labels=labels,
        free=as_matrix(said, tuple(said), labels, len(given.free)),
        known=as_matrix(cast(functions, given.rows(hand)), tuple(said), labels, len(hand)),
        truth=np.array([number.get(example.label or "", ABSTAINS) for example in hand], dtype=np.int64),
    )
    model = LABEL_MODELS.make(settings.weak.label_model)
    opinion = model.fit(votes.free, len(labels), votes.known, votes.truth)
    return WeaklyLabelled(given, votes, opinion(votes.free))


def load_weak(settings: Data, seed: int) -> Dataset:
    """Reads, cleans, divides and labels.

    Raises:
        DataError: as :func:`weakly_labelled` does, and where there are no hand-labelled rows to measure on.
    """
    made = weakly_labelled(settings, seed)
    given, labelled = made.given, made.labelled
    missing = [side for side in ("dev", "test") if not given.sides.get(side)]
    if missing:
        raise DataError(
            _(
                "there are no hand-labelled rows for {sides}, and nothing is measured on labels that "
                "functions gave."
            ).format(sides=_(" and ").join(missing)),
            where=str(settings.path),
            fix=_(
                "Label some rows by hand, in the label column of the data or in files given as data.dev and "
                "data.test."
            ),
        )
    train = tuple(sorted((*given.taught, *labelled), key=lambda example: example.where.line))
    check_enough(train, str(settings.path), _("Add functions that have something to say of more rows."))
    labels = tuple(sorted({label for example in train for label in example.target or ()}))
    try:
        splits, unknown = learnable(Splits(train, given.sides["dev"], given.sides["test"]), labels, settings)
    except DataError as error:
        # A label that is misspelt in a function, rather than in the rows.
        doubts = [Problem(told, "data.weak.functions") for told in made.doubts]
        raise DataError([*doubts, *error.problems]) from None
    language, told_of_language = spoken(splits, seed)
    told = ngettext(
        "{count} function labels {covered} of {rows} rows ({model}); the others are left out.",
        "{count} functions label {covered} of {rows} rows ({model}); the others are left out.",
        len(made.votes.functions),
    ).format(
        count=len(made.votes.functions), covered=len(labelled), rows=len(given.free),
        model=settings.weak.label_model,
    )  # fmt: skip
    return Dataset(
        splits=splits,
        columns=given.columns,
        labels=labels,
        language=language,
        notes=(
            *given.notes, told, *made.doubts, told_of_labels(labels, False), *told_of_language,
            *told_of(splits, settings, seed),
        ),
        cleaned=given.cleaned,
        dropped=(*given.dropped, *unknown),
        fingerprint=fingerprint_of(splits, values_of),
        weak=made.plain(),
    )  # fmt: skip


def _divided(settings: Data, seed: int) -> Divided:
    sheets = sheets_of(settings)
    columns, guesses = _columns(sheets, settings)
    _require(sheets, columns, settings)
    reader = LabelReader(False)

    def make(row: Mapping[str, object], text: str, **known: Any) -> LabelledText:
        cell = row.get(columns.label or "")
        free = is_missing(cell) and known["where"].file == str(sheets["train"].path)
        return LabelledText(text=text, target=None if free else reader(cell), **known)

    parts = {side: made_of(s, columns_in(s, columns), settings.clean, make) for side, s in sheets.items()}
    bad = [problem for part in parts.values() for problem in part.problems]
    if settings.bad_rows == "stop":
        complain(bad)
    found = {side: part.examples for side, part in parts.items() if side != "train"}
    train = parts["train"].examples
    by_hand = [example for example in train if example.target is not None]
    free = [example for example in train if example.target is None]
    found = limited({**found, "taught": by_hand, "free": free}, settings.limit, seed)
    by_hand, free = found.pop("taught"), found.pop("free")
    if not free:
        raise DataError(
            _("every row has a label, so labelling functions have nothing to do."),
            where=str(sheets["train"].path),
            fix=_("Leave data.weak out, or name another column with data.label."),
        )
    notes = [*dict.fromkeys(note for sheet in sheets.values() for note in sheet.notes), *guesses]
    missing = [side for side in ("dev", "test") if side not in sheets]
    if missing and by_hand:
        found |= _dealt(by_hand, missing, settings, seed)
        by_hand, all_free = [], free
        free = _apart(free, [example for side in missing for example in found[side]], settings)
        if not free:
            raise DataError(
                _("every row without a label belongs together with one that was labelled by hand."),
                where="data.group" if columns.group else "data.split.near_duplicates",
                fix=_("Give the hand-labelled rows as data.dev and data.test, or leave that setting out."),
            )
        if len(free) < len(all_free):
            told = ngettext(
                "{count} row without a label is left out, as it is almost the same as a hand-labelled one.",
                "{count} rows without a label are left out, as they are almost the same as hand-labelled "
                "ones.",
                len(all_free) - len(free),
            )
            notes.append(told.format(count=len(all_free) - len(free)))
    return Divided(
        columns=columns,
        cells={Where(str(s.path), line): row for s in sheets.values() for row, line in zip(s.rows, s.lines)},
        free=tuple(free),
        taught=tuple(by_hand),
        sides={side: tuple(examples) for side, examples in found.items()},
        notes=tuple(notes),
        cleaned=tuple(change for part in parts.values() for change in part.cleaned),
        dropped=(
            *(problem for sheet in sheets.values() for problem in sheet.problems),
            *bad,
            *(problem for part in parts.values() for problem in part.empty),
        ),
        lacking=tuple(lacking(sheets["train"], _needed(settings))),
    )


def _columns(sheets: Mapping[str, Sheet], settings: Data) -> tuple[Columns, tuple[str, ...]]:
    """Where the labels are is told by the rows of which all have one, else by the name of a column."""
    named = wanted(settings)
    train = sheets["train"]
    by_hand = next((sheets[side] for side in ("test", "dev") if side in sheets), None)
    if by_hand is not None:
        columns, guesses = find_columns(by_hand, {**named, "group": None, "weight": None})
        own = columns_in(train, columns)
        return replace(own, group=settings.group or own.group, weight=settings.weight or own.weight), guesses
    asked = {column for function in settings.weak.functions.values() for column in function.needs}
    label = settings.label or next(
        (
            name
            for tier in LABEL_NAMES[:2]
            for name in train.columns
            if folded(name) in tier and name not in asked
        ),
        None,
    )
    if label is not None:
        columns, guesses = find_columns(train, {**named, "label": label})
        told = _("The labels are in the column '{name}', by its name.").format(name=label)
        return columns, guesses if settings.label else (told, *guesses)
    return Columns(find_text(train, settings.text or ""), None, settings.group, settings.weight), ()


def _require(sheets: Mapping[str, Sheet], columns: Columns, settings: Data) -> None:
    """Raises DataError for every column that a sheet lacks, apart from those of functions."""
    of_train = {setting: name for setting, name in used(columns).items() if setting != "data.label"}
    require(sheets["train"], of_train)
    for side, sheet in sheets.items():
        if side != "train":
            require(sheet, {"data.text": columns.text, "data.label": columns.label or ""})


def _needed(settings: Data) -> dict[str, str]:
    """Setting -> the column that it names, of all functions."""
    return {
        f"data.weak.functions.{name}.columns.{number}": column
        for name, function in settings.weak.functions.items()
        for number, column in enumerate(function.needs)
    }


def _dealt(
    by_hand: Sequence[LabelledText], missing: Sequence[str], settings: Data, seed: int
) -> dict[str, Any]:
    """The hand-labelled rows of the data, for the sides that have no file of their own."""
    if len(missing) == 1:
        return {missing[0]: list(by_hand)}
    shares = settings.split
    test = shares.test / (shares.dev + shares.test)
    dealt = split(by_hand, shares.model_copy(update={"test": test}), seed, dev=())
    return {"dev": list(dealt.train), "test": list(dealt.test)}


def _apart(free: Sequence[LabelledText], held: Sequence[LabelledText], settings: Data) -> list[LabelledText]:
    """The rows that belong together with none that is measured on."""
    together = blocks([*free, *held], settings.split.near_duplicates)
    out = {number for block in together if block[-1] >= len(free) for number in block}
    return [example for number, example in enumerate(free) if number not in out]
