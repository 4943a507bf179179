"""Folders of documents, questions and judgements: which file is which, and their identifiers.

::

    corpus.jsonl     or docs.jsonl, documents.csv …      _id or id, title, text
    queries.jsonl    or queries_train.jsonl …            _id or id, text
    qrels/test.tsv   or qrels_test.jsonl …               query-id, corpus-id, score or grade

The first names are those of BEIR (Thakur et al. 2021).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import DataError
from ..language import _
from .formats import Sheet
from .labels import plain_label
from .names import SPLIT_NAMES, folded

__all__ = ["Parts", "column", "identifier", "parts_of", "wanted"]

_DOCUMENTS = frozenset({"corpus", "docs", "documents", "documentos"})
_QUERIES = frozenset({"queries", "questions", "consultas", "preguntas"})
_JUDGEMENTS = frozenset({"qrels", "judgements"})

_IDENTIFIERS = {
    "query": frozenset({"query id", "queryid", "qid", "question id"}),
    "document": frozenset({"corpus id", "doc id", "docid", "document id", "passage id", "pid"}),
}


@dataclass(frozen=True, slots=True)
class Parts:
    """The files of a folder."""

    documents: Path
    queries: tuple[Path, ...]
    judgements: Mapping[str, Path]
    """By side, train first."""


def parts_of(folder: Path) -> Parts | None:
    """None where the folder holds no file of documents. Raises DataError where another part is missing."""
    files = [path for path in sorted(folder.iterdir()) if path.is_file()]
    documents = [path for path in files if _first(path) in _DOCUMENTS]
    if not documents:
        return None
    queries = [path for path in files if _first(path) in _QUERIES]
    judged = [path for path in files if _first(path) in _JUDGEMENTS]
    judged += [path for name in _JUDGEMENTS for path in sorted((folder / name).glob("*.*"))]
    judgements = {_side(path): path for path in judged}
    for found, what in ((queries, "queries.jsonl"), (judgements, "qrels/train.tsv")):
        if not found:
            raise DataError(
                _("{documents} is here, and {missing} is missing.").format(
                    documents=documents[0].name, missing=what
                ),
                where=str(folder),
                fix=_("Add it, or give a table of questions and documents."),
            )
    order = [side for side in ("train", "dev", "test") if side in judgements]
    return Parts(documents[0], tuple(queries), {side: judgements[side] for side in order})


def column(sheet: Sheet, names: Collection[str], but: Collection[str | None] = ()) -> str | None:
    """The first column that is called so."""
    return next((name for name in sheet.columns if folded(name) in names and name not in but), None)


def identifier(sheet: Sheet, of: Literal["query", "document"], *, beside: bool = False) -> str:
    """The column of the identifiers. Raises DataError.

    Args:
        beside: whether the identifiers of something else stand beside them, so that "id" does not tell.
    """
    found = column(sheet, _IDENTIFIERS[of]) or (None if beside else column(sheet, {"id"}))
    if found is None:
        expected = {"query": "query-id", "document": "corpus-id"}[of] if beside else "_id"
        raise DataError(
            _("{path} has no column {name}.").format(path=sheet.path, name=expected), where=str(sheet.path)
        )
    return found


def wanted(row: Mapping[str, object], key: str) -> str:
    """An identifier as text: 1 and "1" are the same."""
    return plain_label(row.get(key))


def _first(path: Path) -> str:
    """``qrels_train.jsonl`` -> ``qrels``."""
    return folded(path.name).split(" ")[0]


def _side(path: Path) -> str:
    words = folded(path.name).split(" ")
    return next((SPLIT_NAMES[word] for word in words if word in SPLIT_NAMES), "train")
