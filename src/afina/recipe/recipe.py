"""A recipe: everything that a run is made from. It only composes the stages' own sections."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, SerializeAsAny

from ..adapt import METHODS, Method
from ..adapt.full import Full
from ..data.audit import Audit
from ..data.load import Data
from ..data.weak.functions import LABELLING_FUNCTIONS
from ..evaluate.settings import Evaluate
from ..models.load import Head, Model
from ..objectives import OBJECTIVES, Objective
from ..ship.labelling import ModelLabels
from ..tasks import TASKS, Task
from ..tasks.classify import Classify
from ..train.fit import Train
from .phase import Phase
from .short import Shortened

__all__ = ["Recipe"]

#: Of all labelling functions the one that data cannot know, as it asks a model.
LABELLING_FUNCTIONS.register(ModelLabels)


class Recipe(Shortened):
    """Everything that a run is made from."""

    short: ClassVar[dict[str, str]] = {
        "data": "path",
        "task": "kind",
        "model": "name",
        "adapt": "kind",
        "objective": "kind",
    }

    name: str | None = Field(None, min_length=1, max_length=100)
    """Name of the run's folder; empty: made from the data's name and the method."""
    seed: int = Field(0, ge=0, lt=2**32)
    """The same seed gives the same result on the same machine."""
    language: Literal["en", "es"] | None = None
    """Language of the report and of the model card, English (en) or Spanish (es); empty: that of the person
    who starts the run."""
    track: tuple[str, ...] = ()
    """Other tools that keep and show what the run tells, such as tensorboard, mlflow and trackio. It stays on
    this machine, unless your own environment names a server."""
    before: tuple[Phase, ...] = ()
    """Trainings that come first, one after the other, each with its own adapt, objective and train, and data
    of its own if it has any; every one starts from the weights that the one before it ended with."""
    data: Data = Field(default_factory=Data)
    """The labelled texts, and how they are read, cleaned and split."""
    audit: Audit = Field(default_factory=Audit)
    """What is looked for in the data before training."""
    task: Annotated[SerializeAsAny[Task], TASKS.setting] = Field(default_factory=Classify)
    """What the model is for."""
    model: Model = Field(default_factory=Model)
    """The pretrained model that training starts from."""
    adapt: Annotated[SerializeAsAny[Method], METHODS.setting] = Field(default_factory=Full)
    """Which weights of the model may change."""
    objective: Annotated[SerializeAsAny[Objective], OBJECTIVES.setting] | None = None
    """What training minimises; empty: what suits the task and the data."""
    train: Train = Field(default_factory=Train)
    """How long, how fast and in which steps the model learns."""
    evaluate: Evaluate = Field(default_factory=Evaluate)
    """What the model is measured with and compared to."""

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Every training of the run, the main one last."""
        return (*self.before, Phase(adapt=self.adapt, objective=self.objective, train=self.train))

    @property
    def way(self) -> str:
        """The methods of all phases, the model's name beside the cheaper ways: ``features+full``."""
        return "+".join(phase.adapt.kind for phase in self.phases)

    @property
    def head(self) -> Head:
        """What has to stand on the trunk for all trainings of the run."""
        tasks = [self.task, *(phase.task for phase in self.before if phase.task)]
        return next((task.head for task in tasks if task.head != "new"), "new")

    def alone(self, phase: Phase) -> Recipe:
        """A training with data of its own as a recipe by itself."""
        assert phase.data is not None
        return self.model_copy(
            update={
                "before": (), "data": phase.data, "task": phase.task or self.task, "adapt": phase.adapt,
                "objective": phase.objective, "train": phase.train,
            }
        )  # fmt: skip

    #: Settings that change no number: a run may be resumed with others.
    harmless: ClassVar[frozenset[str]] = frozenset({"name", "language", "track"})

    def decisive(self) -> dict[str, Any]:
        """Every setting that can change a number, as JSON values."""
        return {name: value for name, value in self.plain().items() if name not in self.harmless}
