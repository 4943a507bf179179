"""Whether a network got exactly its weights from its files; where not, it is told in one sentence."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from ..errors import ModelError, reason_of
from ..language import _, ngettext

__all__ = ["check_weights", "load_part"]


def check_weights(
    network: nn.Module, *, missing: Collection[str], misshapen: Collection[str], name: str, where: Path
) -> None:
    """Raises ModelError for weights that no file holds, of another shape, or not finite.

    Args:
        missing: names of the network's weights that its files do not hold.
        misshapen: names of those of another shape in the files than in the network.
        name: of the model.
        where: its folder or file.
    """
    if missing:
        raise ModelError(
            ngettext(
                "{count} weight of {name} is missing from its files, such as {example}.",
                "{count} weights of {name} are missing from its files, such as {example}.",
                len(missing),
            ).format(count=len(missing), name=name, example=min(missing)),
            where=str(where),
        )
    if misshapen:
        raise ModelError(
            ngettext(
                "{count} weight of {name} has another shape than it should have, such as {example}.",
                "{count} weights of {name} have another shape than they should have, such as {example}.",
                len(misshapen),
            ).format(count=len(misshapen), name=name, example=min(misshapen)),
            where=str(where),
        )
    for key, parameter in network.named_parameters():
        # The least and the greatest are found in one pass; what is no number is both.
        if not torch.stack(parameter.detach().aminmax()).isfinite().all():
            raise ModelError(
                _("the weights of {name} hold numbers that are not finite, in {example}.").format(
                    name=name, example=key
                ),
                where=str(where),
            )


def load_part(part: nn.Module, file: Path) -> None:
    """Fills a part of a network from a file of its own. Raises ModelError where it does not hold the part."""
    try:
        held = load_file(file)
    except (OSError, SafetensorError) as error:
        told = _("this file cannot be read ({reason}).").format(reason=reason_of(error))
        raise ModelError(told, where=str(file)) from None
    own = part.state_dict()
    missing = own.keys() - held.keys()
    misshapen = [key for key in own.keys() & held.keys() if own[key].shape != held[key].shape]
    if not missing and not misshapen:
        part.load_state_dict(held)
    check_weights(part, missing=missing, misshapen=misshapen, name=file.stem, where=file)
