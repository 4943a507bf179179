"""Ways to adapt a pretrained network. One file per method, and one line here."""

from ..table import Table
from .base import Adapted, Method
from .features import Features
from .full import Full
from .top_blocks import TopBlocks

__all__ = ["METHODS", "Adapted", "Method"]

METHODS: Table[Method] = Table("method", Method, [Full, Features, TopBlocks])  # type: ignore[type-abstract]
