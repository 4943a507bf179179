"""What a model is for. One file per task, and one line here."""

from ..table import Table
from .base import Task
from .classify import Classify

__all__ = ["TASKS", "Task"]

TASKS: Table[Task] = Table("task", Task, [Classify])  # type: ignore[type-abstract]
