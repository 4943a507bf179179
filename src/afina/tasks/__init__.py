"""What a model is for. One file per task, and one line here."""

from ..table import Table
from .base import Task
from .classify import Classify
from .embed import Embed
from .fill_mask import FillMask
from .generate import GenerateText
from .rank import Rank
from .regress import Regress
from .tag import Tag
from .translate import Translate

__all__ = ["TASKS", "Task"]

TASKS: Table[Task] = Table(
    "task",
    Task,  # type: ignore[type-abstract]
    [Classify, Regress, Tag, GenerateText, Translate, FillMask, Embed, Rank],
)
