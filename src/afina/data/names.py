"""The names by which people call their columns and splits, in English and Spanish."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from ..language import _

__all__ = [
    "DOCUMENT_NAMES", "GRADE_NAMES", "GROUP_NAMES", "LABEL_NAMES", "NEGATIVE_NAMES", "NUMBER_NAMES",
    "QUERY_NAMES", "SPLIT_NAMES", "TEXT_NAMES", "TITLE_NAMES", "WEIGHT_NAMES", "folded", "is_known",
    "split_name",
]  # fmt: skip

#: Names of the text column, in tiers: a name of an earlier tier wins over those of later ones.
TEXT_NAMES: tuple[frozenset[str], ...] = (
    frozenset({"text", "texto"}),
    frozenset(
        {
            "sentence", "review", "comment", "message", "question", "query", "utterance", "tweet", "post",
            "document", "review text", "review body", "comment text", "message text", "tweet text", "sms",
            "frase", "oracion", "resena", "comentario", "opinion", "mensaje", "pregunta", "consulta", "tuit",
            "documento", "critica", "valoracion texto",
        }
    ),
    frozenset({"content", "body", "description", "contenido", "cuerpo", "descripcion"}),
)  # fmt: skip

LABEL_NAMES: tuple[frozenset[str], ...] = (
    frozenset({"label", "labels", "etiqueta", "etiquetas"}),
    frozenset(
        {
            "class", "classes", "category", "categories", "sentiment", "intent", "topic", "topics", "target",
            "emotion", "polarity", "spam", "genre", "tag", "tags", "clase", "clases", "categoria",
            "categorias", "sentimiento", "intencion", "tema", "temas", "objetivo", "emocion", "polaridad",
            "genero",
        }
    ),
    frozenset(
        {"rating", "stars", "score", "valoracion", "estrellas", "puntuacion", "calificacion", "nota"}
    ),
)  # fmt: skip

#: Names of a column of numbers that are to be learnt.
NUMBER_NAMES: tuple[frozenset[str], ...] = (
    frozenset({"label", "target", "etiqueta", "objetivo"}),
    LABEL_NAMES[-1] | {"value", "price", "similarity", "mean", "valor", "precio", "similitud", "media"},
)
#: Of questions, of the documents that answer them, and of those that do not.
QUERY_NAMES = frozenset({"query", "question", "anchor", "consulta", "pregunta"})
DOCUMENT_NAMES = frozenset(
    {
        "document", "passage", "positive", "answer", "doc", "text", "context", "paragraph", "article",
        "documento", "pasaje", "positivo", "respuesta", "texto", "contexto", "parrafo", "articulo",
    }
)  # fmt: skip
NEGATIVE_NAMES = frozenset({"negative", "hard negative", "negativo"})
GRADE_NAMES = frozenset(
    {
        "score", "grade", "relevance", "relevance score", "rating", "label", "puntuacion", "grado",
        "relevancia", "etiqueta",
    }
)  # fmt: skip
TITLE_NAMES = frozenset({"title", "titulo"})

GROUP_NAMES = frozenset({"group", "group id", "grupo"})
WEIGHT_NAMES = frozenset({"sample weight", "row weight", "peso muestra", "peso fila"})

#: What a split is called in file names and in other tools -> its name here.
SPLIT_NAMES = {
    "train": "train",
    "training": "train",
    "dev": "dev",
    "val": "dev",
    "valid": "dev",
    "validation": "dev",
    "test": "test",
}


def folded(name: str) -> str:
    """A name without case, accents and the difference between ``_``, ``-``, ``.`` and spaces."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(character for character in plain if not unicodedata.combining(character))
    return " ".join(letters.replace("_", " ").replace("-", " ").replace(".", " ").split())


def is_known(name: str, tiers: Sequence[frozenset[str]] = TEXT_NAMES + LABEL_NAMES) -> bool:
    """Whether a column's name says what it holds."""
    return any(folded(name) in tier for tier in tiers)


def split_name(kind: str) -> str:
    """train, dev or test in words."""
    names = {"train": _("training"), "dev": _("development"), "test": _("test")}
    return names.get(kind, kind)
