"""Prompts: what a language model may do without any training. One file each, and one line here."""

from ...table import Table
from .base import Prompt, prompted
from .documents import Documents
from .few_shot import FewShot
from .retrieval import Retrieval

__all__ = ["PROMPTS", "Prompt", "prompted"]

PROMPTS: Table[Prompt] = Table("prompt", Prompt, [FewShot, Retrieval, Documents])  # type: ignore[type-abstract]
