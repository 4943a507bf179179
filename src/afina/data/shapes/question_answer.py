"""Questions and their answers."""

from __future__ import annotations

from typing import ClassVar, Literal

from .base import Pair

__all__ = ["QuestionAnswer"]


class QuestionAnswer(Pair):
    """Questions and answers: two columns of these names, in English or Spanish."""

    kind: Literal["question_answer"] = "question_answer"
    asked: ClassVar[frozenset[str]] = frozenset({"question", "pregunta", "query", "consulta"})
    answered: ClassVar[frozenset[str]] = frozenset({"answer", "respuesta", "reply", "response"})
