"""Where recipes are tried."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import Future
from pathlib import Path

from ..errors import RecipeError
from ..language import _
from ..recipe.recipe import Recipe
from ..section import shown
from ..train.log import Listener, ignore
from ..train.stop import Stop
from .attempt import Attempt, attempt

__all__ = ["Here", "Runner", "runner_of"]


class Runner(ABC):
    """Tries recipes, several at once if it can. To be closed in the end."""

    workers: int
    """How many are tried at the same time."""

    @abstractmethod
    def submit(
        self, recipe: Recipe, folder: Path, *, at_work: bool = False, listen: Listener = ignore,
        stop: Stop | None = None, memory: int = 0,
    ) -> Future[Attempt]:  # fmt: skip
        """:func:`.attempt.attempt` with the same arguments; what it raises is the future's exception.

        Args:
            memory: bytes that it takes about, 0 where that is not known; no more run at once than fit.
        """

    def close(self) -> None:  # noqa: B027  # most have nothing to close
        """Ends what is still running."""


class Here(Runner):
    """In this process, one after the other."""

    workers = 1

    def submit(
        self, recipe: Recipe, folder: Path, *, at_work: bool = False, listen: Listener = ignore,
        stop: Stop | None = None, memory: int = 0,
    ) -> Future[Attempt]:  # fmt: skip
        future: Future[Attempt] = Future()
        try:
            with stop or Stop() as signalled:
                future.set_result(attempt(recipe, folder, at_work=at_work, listen=listen, stop=signalled))
        except Exception as error:
            future.set_exception(error)
        return future


def runner_of(where: str | None) -> Runner:
    """None: :class:`Here`; ``ray`` or ``ray://address``. Raises InputError."""
    if where is None:
        return Here()
    if where == "ray" or where.startswith("ray://"):
        from .on_ray import OnRay

        return OnRay(None if where == "ray" else where)
    raise RecipeError(
        _("there is no place {name} to try recipes.").format(name=shown(where)),
        where="--on",
        fix=_("Give 'ray', 'ray://ADDRESS', or leave the option out."),
    )
