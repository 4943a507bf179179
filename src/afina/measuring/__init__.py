"""How runs are measured. A task says which of these ways is its own."""

from .base import Measuring
from .by_labels import ByLabels
from .by_losses import ByLosses
from .by_numbers import ByNumbers
from .by_search import BySearch
from .by_tags import ByTags
from .forgetting import Forgetting

__all__ = ["MEASURING", "Forgetting", "Measuring"]

MEASURING: dict[str, type[Measuring]] = {
    "labels": ByLabels,
    "losses": ByLosses,
    "numbers": ByNumbers,
    "tags": ByTags,
    "search": BySearch,
}
