"""From files to texts and their translations, with every guess told."""

from __future__ import annotations

from dataclasses import replace

from ..errors import DataError
from ..language import _
from ..section import shown
from .columns import Columns, require
from .conversation import Conversation, Passage
from .example import Splits
from .formats import Sheet
from .language_of import UNSURE, language_of
from .languages import code_of
from .load import Data, Dataset
from .shapes import SHAPES
from .shapes.base import Pair, column_of, pair
from .talks import Reader, read_with, reader_of, talk

__all__ = ["load_translations"]


def load_translations(settings: Data, seed: int, source: str | None, target: str | None) -> Dataset:
    """Reads and splits texts and their translations.

    Args:
        source: the language of the texts, where it is known.
        target: the language of the translations, where it is known.

    Raises:
        DataError: with all that is wrong with the files, the columns and the rows.
        RecipeError: there is no such format or shape.
    """
    columns: Columns | None = None
    wanted = tuple(name and (code_of(name) or name) for name in (source, target))

    def reader(sheet: Sheet) -> tuple[Reader, str]:
        nonlocal columns
        if settings.shape is not None:
            return reader_of(settings, sheet)
        columns = _columns(settings, sheet, *wanted)
        asked, answered = columns.text, str(columns.label)
        told = _("The column '{source}' is translated into the column '{target}'.")
        return talk(lambda row: pair(row, asked, answered)), told.format(source=asked, target=answered)

    dataset = read_with(settings, seed, reader, _in_two)
    return _spoken(replace(dataset, columns=columns), wanted, seed)


def _columns(settings: Data, sheet: Sheet, source: str | None, target: str | None) -> Columns:
    """Which column holds the texts, and which their translations."""
    require(sheet, {f"data.{role}": name for role in ("text", "label") if (name := getattr(settings, role))})
    if settings.text is not None and settings.label is not None:
        return Columns(settings.text, settings.label)
    if settings.text is None and settings.label is None:
        found = _by_language(sheet, source, target) or _by_shape(sheet)
        if found is not None:
            return found
    given = {"text": settings.text, "label": settings.label}
    free = [name for name in sheet.columns if name not in given.values()]
    if len(free) != sum(name is None for name in given.values()):
        raise DataError(
            _("it is not clear which columns hold texts and their translations; there are {names}.").format(
                names=", ".join(f"'{name}'" for name in sheet.columns)
            ),
            where=str(sheet.path),
            fix=_("Name them with data.text and data.label."),
        )
    text, label = (name or free.pop(0) for name in given.values())
    return Columns(text, label)


def _by_language(sheet: Sheet, source: str | None, target: str | None) -> Columns | None:
    """Columns that are called after languages: the ones asked for, or the only two in their order."""
    named: dict[str, str] = {}
    for name in sheet.columns:
        if (code := code_of(name)) is not None:
            named.setdefault(code, name)
    if len(named) < 2:
        return None
    for code, place in ((source, "task.source_language"), (target, "task.target_language")):
        if code is not None and code not in named:
            raise DataError(
                _("no column is called after the language {language}; there are {names}.").format(
                    language=shown(code), names=", ".join(f"'{name}'" for name in named.values())
                ),
                where=place,
                fix=_("Name the columns with data.text and data.label."),
            )
    others = [code for code in named if code not in (source, target)]
    sought = (source is None) + (target is None)
    if 0 < sought < len(others):
        raise DataError(
            _("there are texts in several languages: {names}.").format(names=", ".join(named)),
            where=str(sheet.path),
            fix=_("Say which with task.source_language and task.target_language."),
        )
    first, second = (code or others.pop(0) for code in (source, target))
    return Columns(named[first], named[second])


def _by_shape(sheet: Sheet) -> Columns | None:
    """Columns that are called source and target, prompt and completion …"""
    for kind in SHAPES:
        shape = SHAPES.make(kind)
        if isinstance(shape, Pair) and shape.fits(sheet.columns):
            asked, answered = (column_of(sheet.columns, names) for names in (shape.asked, shape.answered))
            return Columns(str(asked), answered)
    return None


def _in_two(splits: Splits, seed: int) -> tuple[str, list[str]]:
    """A text and its translation have no language in common."""
    return UNSURE, []


def _spoken(dataset: Dataset, wanted: tuple[str | None, ...], seed: int) -> Dataset:
    """With both languages: those asked for, else by the names of the columns, else by the texts."""
    columns, train = dataset.columns, dataset.splits.train
    called = (None, None) if columns is None else (code_of(columns.text), code_of(str(columns.label)))
    texts = ([_said(one, 0) for one in train], [_said(one, -1) for one in train])
    source, target = (
        given or name or language_of(side, seed)[0]
        for given, name, side in zip(wanted, called, texts, strict=True)
    )
    told = _("Texts in '{source}' are translated into '{target}'.").format(source=source, target=target)
    return replace(dataset, languages=(source, target), notes=(*dataset.notes, told))


def _said(example: Passage, place: int) -> str:
    """The first or the last turn."""
    return example.messages[place].content if isinstance(example, Conversation) else ""
