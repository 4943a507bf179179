"""The audit: what is wrong or remarkable about the data, told before training."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from ...section import Section, told
from ...table import Table
from ..fix import Fix
from .balance import Balance
from .base import Audited, Check, Finding, Suspect
from .contradictions import Contradictions
from .duplicates import Duplicates
from .empty import Empty
from .encoding import Encoding
from .label_variants import LabelVariants
from .language import Language
from .leakage import Leakage
from .lengths import Lengths
from .lost_answers import LostAnswers
from .near_duplicates import NearDuplicates
from .overlap import Overlap
from .pii import Pii
from .profanity import Profanity
from .shortcuts import Shortcuts
from .suspects import Suspects
from .templates import Templates
from .truncation import Truncation

__all__ = ["CHECKS", "Audit", "Audited", "Check", "Finding", "Suspect"]

CHECKS: Table[Check] = Table(
    "check",
    Check,  # type: ignore[type-abstract]
    [
        Leakage,
        Contradictions,
        LabelVariants,
        Suspects,
        Shortcuts,
        Balance,
        Empty,
        Encoding,
        Truncation,
        Duplicates,
        NearDuplicates,
        LostAnswers,
        Lengths,
        Language,
        Templates,
        Overlap,
        Pii,
        Profanity,
    ],
)

_ORDER = {"error": 0, "warning": 1, "note": 2}


class Audit(Section):
    """What is checked in the data before training."""

    place: ClassVar[str] = "audit"

    checks: tuple[str, ...] | None = None
    """The names of the checks to make. If they are not given, all are made."""
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Settings of single checks, by their names, such as audit.settings.balance.least=5."""
    fix: Fix = Field(default_factory=Fix)
    """What 'afina check --fix' mends."""

    @field_validator("checks")
    @classmethod
    def _known(cls, checks: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in checks or ():
            _check(name, {})
        return checks

    @field_validator("settings")
    @classmethod
    def _right(cls, settings: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name, values in settings.items():
            _check(name, values)
        return settings

    def made(self) -> list[Check]:
        """The checks to make."""
        names = CHECKS if self.checks is None else self.checks
        return [_check(name, self.settings.get(name, {})) for name in names]

    def run(self, audited: Audited) -> list[Finding]:
        """All findings, the worst first."""
        apply = [check for check in self.made() if audited.labelled or not check.of_labels]
        findings = [finding for check in apply for finding in check.run(audited)]
        return sorted(findings, key=lambda finding: _ORDER[finding.severity])


def _check(name: str, settings: dict[str, Any]) -> Check:
    """Raises what pydantic turns into a problem of the setting."""
    if name not in CHECKS:
        what, fix = CHECKS.unknown(name)
        raise PydanticCustomError("unknown_kind", "{error}", {"error": what, "fix": fix})
    try:
        return CHECKS[name].model_validate(settings)
    except ValidationError as error:
        raise told(error, CHECKS[name], name) from None
