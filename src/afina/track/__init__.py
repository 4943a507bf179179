"""Tools that show runs, told of the same events as everyone. One file per tool, and one line here."""

from ..table import Table
from .base import Tracked, Tracker
from .mlflow import MLflow
from .tensorboard import TensorBoard
from .tracking import Tracking
from .trackio import Trackio

__all__ = ["TRACKERS", "Tracked", "Tracker", "Tracking"]

TRACKERS: Table[Tracker] = Table(
    "tracker",
    Tracker,  # type: ignore[type-abstract]
    [TensorBoard, MLflow, Trackio],
)
