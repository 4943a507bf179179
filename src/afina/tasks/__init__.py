"""What a model is for. One file per task, and one line here."""

from ..table import Table
from .base import Task
from .classify import Classify
from .embed import Embed
from .fill_mask import FillMask
from .generate import GenerateText
from .rank import Rank

__all__ = ["TASKS", "Task"]

TASKS: Table[Task] = Table("task", Task, [Classify, GenerateText, FillMask, Embed, Rank])  # type: ignore[type-abstract]
