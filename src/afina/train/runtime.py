"""The one file that knows devices and processes. It stands on Hugging Face Accelerate.

The CPU is what the tests run on; a GPU is taken where Accelerate finds one, and is untested here.
"""

from __future__ import annotations

import resource
import sys

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from ..data.row import Batch
from ..errors import RunError
from ..language import _

__all__ = ["Runtime"]


class Runtime:
    """Where tensors live and how gradients come about. Raises RunError in a launch of several processes."""

    def __init__(self) -> None:
        self._accelerator = Accelerator(mixed_precision="no")
        if self._accelerator.num_processes > 1:
            raise RunError(
                _("training in several processes is not possible yet."),
                fix=_("Start afina once, without a launcher."),
            )
        self.device: torch.device = self._accelerator.device

    def place(self, network: nn.Module) -> None:
        """Moves the network to the device."""
        network.to(self.device)

    def move(self, batch: Batch) -> Batch:
        """The batch on the device."""
        if self.device.type == "cpu":
            return batch
        return Batch(
            {name: value.to(self.device) for name, value in batch.inputs.items()},
            None if batch.targets is None else batch.targets.to(self.device),
            batch.weights.to(self.device),
            batch.rows,
        )

    def backward(self, loss: Tensor) -> None:
        self._accelerator.backward(loss)

    @staticmethod
    def peak_memory_bytes() -> int:
        """The most memory that this process has held, in bytes: of the GPU where there is one."""
        if torch.cuda.is_available():
            return int(torch.cuda.max_memory_allocated())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
