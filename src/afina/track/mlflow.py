"""MLflow: https://mlflow.org/docs/latest/ml/tracking."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from .base import State, Tracked, Tracker

__all__ = ["MLflow"]

#: MLflow takes this many parameters at once.
_AT_ONCE = 100
#: Seconds between two deliveries: each one is a transaction, or goes over the network.
_EVERY = 1.0

_STATES: dict[State, str] = {"finished": "FINISHED", "failed": "FAILED", "interrupted": "KILLED"}


class MLflow(Tracker):
    """MLflow: curves, settings and the report, in mlflow.db beside runs/, or at MLFLOW_TRACKING_URI."""

    kind: Literal["mlflow"] = "mlflow"
    package: ClassVar[str] = "mlflow"

    def open(self, folder: Path, settings: Mapping[str, bool | float | str], name: str | None) -> Tracked:
        # Nothing about its use is sent to its makers, unless the person has said so.
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
        from mlflow import MlflowClient
        from mlflow.entities import Param

        client = MlflowClient()
        if name is not None:
            client.update_run(name, status="RUNNING")
            return _Run(client, name)
        title = os.environ.get("MLFLOW_EXPERIMENT_NAME", "afina")
        known = client.get_experiment_by_name(title)
        experiment = client.create_experiment(title) if known is None else known.experiment_id
        run = client.create_run(experiment, run_name=folder.resolve().name).info.run_id
        params = [Param(setting, str(value)) for setting, value in settings.items()]
        for first in range(0, len(params), _AT_ONCE):
            client.log_batch(run, params=params[first : first + _AT_ONCE])
        return _Run(client, run)


class _Run(Tracked):
    def __init__(self, client: Any, run: str) -> None:
        self.name = run
        self._client = client
        self._waiting: list[Any] = []
        self._sent = time.monotonic()

    def record(self, step: int, values: Mapping[str, float]) -> None:
        from mlflow.entities import Metric

        now = int(1000 * time.time())
        self._waiting += [Metric(name, value, now, step) for name, value in values.items()]
        if time.monotonic() - self._sent >= _EVERY:
            self._send()

    def finish(self, step: int, values: Mapping[str, float], folder: Path) -> None:
        self.record(step, values)
        for name in ("report.html", "report.json"):
            self._client.log_artifact(self.name, str(folder / name))

    def close(self, state: State) -> None:
        self._send()
        self._client.set_terminated(self.name, _STATES[state])

    def _send(self) -> None:
        sent, self._waiting = self._waiting, []
        for first in range(0, len(sent), 1000):
            self._client.log_batch(self.name, metrics=sent[first : first + 1000])
        self._sent = time.monotonic()
