"""What a model is for. One file per task, and one line here."""

from ..table import Table
from .base import Task
from .classify import Classify
from .fill_mask import FillMask
from .generate import GenerateText
from .regress import Regress
from .tag import Tag
from .translate import Translate

__all__ = ["TASKS", "Task"]

TASKS: Table[Task] = Table("task", Task, [Classify, Regress, Tag, GenerateText, Translate, FillMask])  # type: ignore[type-abstract]
