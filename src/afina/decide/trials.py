"""What is tried next, and what is given up: the one place that knows Optuna."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import InputError
from ..language import _
from .space import Dimension, Range, Space

if TYPE_CHECKING:
    import optuna

__all__ = ["Prune", "State", "Trials", "Tried"]

Prune = Literal["median", "hyperband", "none"]
State = Literal["done", "given_up", "failed"]

#: Recipes that are drawn at random before what was found guides the search.
FIRST = 4
#: How often a recipe is drawn anew that was tried before.
DRAWS = 200


@dataclass(frozen=True)
class Tried:
    """What became of one recipe."""

    number: int
    settings: dict[str, Any]
    """What was searched: path -> value."""
    state: State
    score: float | None = None
    """The primary metric on the development rows, greater is better; None unless it is done."""
    seconds: float = 0.0
    evaluations: dict[int, float] = field(default_factory=dict)
    """Half epochs -> what chooses checkpoints, greater is better."""
    problem: str = ""
    """Why it failed."""

    def plain(self) -> dict[str, Any]:
        seen = {str(at): score for at, score in self.evaluations.items()}
        return {**asdict(self), "evaluations": seen}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Tried:
        seen = {int(at): score for at, score in plain["evaluations"].items()}
        return cls(**{**plain, "evaluations": seen})


class Trials:
    """A search by Optuna, kept in an SQLite file so that it goes on after it was killed.

    What is drawn depends on the seed, on the number of the recipe and on what was found before, so a search
    that was interrupted draws what it would have drawn.

    Args:
        most: recipes to be tried, the default one included.
        half_epochs: the longest training.
        parallel: several are tried at once (a constant liar keeps them apart).
    """

    def __init__(
        self, folder: Path, space: Space, *, prune: Prune, most: int, half_epochs: int, parallel: bool
    ) -> None:
        try:
            import optuna
        except ImportError:
            raise InputError(
                _("a sweep needs the package '{name}', which is not installed.").format(name="optuna"),
                fix=_("Install it with: {command}").format(command="pip install 'afina[sweep]'"),
            ) from None
        self._optuna, self._space, self._parallel = optuna, space, parallel
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        pruners: dict[str, Callable[[], optuna.pruners.BasePruner]] = {
            "median": lambda: optuna.pruners.MedianPruner(n_startup_trials=FIRST, n_warmup_steps=1),
            "hyperband": lambda: optuna.pruners.HyperbandPruner(min_resource=1, max_resource=half_epochs),
            "none": optuna.pruners.NopPruner,
        }
        self._study = optuna.create_study(
            storage=f"sqlite:///{folder / 'trials.sqlite'}", study_name="sweep", load_if_exists=True,
            direction="maximize", pruner=pruners[prune](),
        )  # fmt: skip
        self._paths = {dimension.path: self._distribution(dimension) for dimension in space.dimensions}
        self._seen: set[str] = set()
        self._all = space.all(most)
        if not self._study.get_trials(deepcopy=False):
            for settings in self._all or ():
                if settings != space.default:
                    self._study.enqueue_trial(self._told(settings))

    @property
    def unused(self) -> int:
        """The first number that no recipe has; the default one has 0."""
        trials = self._study.get_trials(deepcopy=False)
        return 1 + max((trial.user_attrs.get("number", 0) for trial in trials), default=0)

    def knows(self, settings: Mapping[str, Any]) -> bool:
        """Whether these settings were drawn before."""
        return json.dumps(settings, sort_keys=True) in self._seen

    def begin(self, default: Tried, tried: Mapping[int, Tried]) -> None:
        """Takes up what was there: the default recipe, and what was found or left unfinished.

        Args:
            tried: every recipe that has an end, by its number.
        """
        for each in (default, *tried.values()):
            self._seen.add(json.dumps(each.settings, sort_keys=True))
        trials = self._study.get_trials(deepcopy=False)
        states = self._optuna.trial.TrialState
        if self._space.holds(default.settings) and not any("default" in t.user_attrs for t in trials):
            self._study.add_trial(
                self._optuna.trial.create_trial(
                    params=self._told(default.settings),
                    distributions=self._paths,
                    value=default.score,
                    intermediate_values=default.evaluations,
                    user_attrs={"default": True, "number": 0},
                )
            )
        for trial in trials:
            if trial.state is not states.RUNNING:
                continue
            found = tried.get(trial.user_attrs.get("number", -1))
            if found is not None:
                self._end(trial.number, found)
                continue
            # Killed: the same settings once more, under the same number, so that its training goes on.
            self._study.tell(trial.number, state=states.FAIL)
            number = {name: value for name, value in trial.user_attrs.items() if name == "number"}
            self._study.enqueue_trial(trial.params, user_attrs=number)

    def ask(self, number: int, seed: int) -> Trial | None:
        """The next recipe to try; ``number`` is its own unless it had one before. None: there is no other."""
        if self._all is not None and all(map(self.knows, self._all)):
            return None
        for draw in range(DRAWS):
            self._study.sampler = self._sampler(seed + 1000 * number + draw, guided=draw < DRAWS // 10)
            asked = self._study.ask(self._paths)
            settings = self._settings(asked.params)
            again = "number" in asked.user_attrs
            if again or not self.knows(settings):
                self._seen.add(json.dumps(settings, sort_keys=True))
                if not again:
                    asked.set_user_attr("number", number)
                return Trial(asked, asked.user_attrs["number"], settings)
            self._study.tell(asked, state=self._optuna.trial.TrialState.FAIL)
        return None

    def tell(self, trial: Trial, found: Tried) -> None:
        """How it ended."""
        self._end(trial.asked.number, found)

    def _end(self, number: int, found: Tried) -> None:
        states = self._optuna.trial.TrialState
        if found.state == "done":
            self._study.tell(number, found.score)
        else:
            self._study.tell(number, state=states.PRUNED if found.state == "given_up" else states.FAIL)

    def _sampler(self, seed: int, guided: bool) -> optuna.samplers.BaseSampler:
        from optuna.samplers import RandomSampler, TPESampler

        if not guided:  # what was found leads to what was tried already
            return RandomSampler(seed=seed)
        return TPESampler(seed=seed, n_startup_trials=FIRST, constant_liar=self._parallel)

    def _distribution(self, dimension: Dimension) -> optuna.distributions.BaseDistribution:
        from optuna import distributions as kinds

        if not isinstance(dimension, Range):
            # As text: a value may be a list of names.
            return kinds.CategoricalDistribution([json.dumps(value) for value in dimension.choices])
        if dimension.whole:
            return kinds.IntDistribution(int(dimension.low), int(dimension.high), log=dimension.log)
        return kinds.FloatDistribution(dimension.low, dimension.high, log=dimension.log)

    def _told(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        return {
            d.path: settings[d.path] if isinstance(d, Range) else json.dumps(settings[d.path])
            for d in self._space.dimensions
        }

    def _settings(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return {
            d.path: d.rounded(params[d.path]) if isinstance(d, Range) else json.loads(params[d.path])
            for d in self._space.dimensions
        }


@dataclass(frozen=True)
class Trial:
    """A recipe that is being tried."""

    asked: optuna.Trial
    number: int
    settings: dict[str, Any]

    def report(self, at: int, score: float) -> bool:
        """Tells an evaluation; whether to give the recipe up."""
        self.asked.report(score, at)
        return self.asked.should_prune()
