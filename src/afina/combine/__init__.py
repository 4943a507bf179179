"""Ways to combine the weights of several networks. One file per way, and one line here."""

from ..table import Table
from .arithmetic import Arithmetic
from .base import Combined, Combiner, Weights, check_alike
from .dare import Dare
from .interpolate import Interpolate
from .slerp import Slerp
from .soup import Soup
from .ties import Ties

__all__ = ["COMBINERS", "Combined", "Combiner", "Weights", "check_alike"]

COMBINERS: Table[Combiner] = Table(
    "way to combine",
    Combiner,  # type: ignore[type-abstract]
    [Interpolate, Soup, Arithmetic, Ties, Dare, Slerp],
)
