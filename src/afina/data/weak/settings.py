"""Weak supervision as settings."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, SerializeAsAny, field_validator
from pydantic_core import PydanticCustomError

from ...section import Section
from .functions import LABELLING_FUNCTIONS, LabellingFunction
from .label_models import LABEL_MODELS

__all__ = ["Weak"]


class Weak(Section):
    """Labels from rules, annotators and other models, for rows that nobody labelled by hand."""

    place: ClassVar[str] = "data.weak"

    functions: dict[str, Annotated[SerializeAsAny[LabellingFunction], LABELLING_FUNCTIONS.setting]] = Field(
        default_factory=dict
    )
    """Labelling functions by name: each gives some rows a label and need not always be right. With any, the
    training rows need no labels; those of development and test must be labelled by hand."""
    label_model: str = "generative"
    """How the votes of the functions become labels: majority, weighted, dawid_skene (for annotators) or
    generative (for rules)."""

    @field_validator("label_model")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in LABEL_MODELS:
            what, fix = LABEL_MODELS.unknown(kind)
            raise PydanticCustomError("unknown_kind", "{error}", {"error": what, "fix": fix})
        return kind
