"""Ways to adapt a pretrained network. One file per method, and one line here."""

from ..table import Table
from .base import Adapted, Method
from .bias import Bias
from .bottleneck import Bottleneck
from .features import Features
from .full import Full
from .gradual import Gradual
from .ia3 import Ia3
from .lora import Lora
from .norms import Norms
from .peft_any import PeftAny
from .prefix import Prefix
from .prompt import Prompt
from .top_blocks import TopBlocks

__all__ = ["METHODS", "Adapted", "Method"]

METHODS: Table[Method] = Table(
    "method",
    Method,  # type: ignore[type-abstract]
    [Full, Features, TopBlocks, Gradual, Bias, Norms, Lora, Ia3, Bottleneck, Prompt, Prefix, PeftAny],
)
