"""Recipes tried by Ray: several at once on this machine, or on those of a cluster."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import Interrupted, InputError, RunError
from ..language import _, current, speaking
from ..models.probe import probe
from ..recipe.recipe import Recipe
from ..train.log import Event, Listener, ignore
from ..train.stop import Stop
from .attempt import Attempt, attempt
from .runner import Runner
