"""How rows hold conversations, in the order in which the columns of a file are held against them."""

from __future__ import annotations

from ...table import Table
from .alpaca import Alpaca
from .base import BadRow, Shape, Talk
from .openai_chat import OpenAiChat
from .prompt_completion import PromptCompletion
from .question_answer import QuestionAnswer
from .sharegpt import ShareGpt
from .source_target import SourceTarget
from .summary import Summary

__all__ = ["SHAPES", "BadRow", "Shape", "Talk"]

SHAPES: Table[Shape] = Table(
    "shape",
    Shape,  # type: ignore[type-abstract]
    [OpenAiChat, ShareGpt, Alpaca, PromptCompletion, QuestionAnswer, SourceTarget, Summary],
)
