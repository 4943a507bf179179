"""Ways to adapt a pretrained network. One file per method, and one line here."""

from ..table import Table
from .base import Adapted, Method
from .bias import Bias
from .features import Features
from .full import Full
from .gradual import Gradual
from .lora import Lora
from .norms import Norms
from .top_blocks import TopBlocks

__all__ = ["METHODS", "Adapted", "Method"]

METHODS: Table[Method] = Table("method", Method, [Full, Features, TopBlocks, Gradual, Bias, Norms, Lora])  # type: ignore[type-abstract]
