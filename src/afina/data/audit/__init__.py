"""The audit: what is wrong or remarkable about the data, told before training."""

from __future__ import annotations

from typing import ClassVar

from pydantic import field_validator
from pydantic_core import PydanticCustomError

from ...section import Section
from ...table import Table
from .balance import Balance
from .base import Audited, Check, Finding
from .contradictions import Contradictions
from .duplicates import Duplicates
from .empty import Empty
from .label_variants import LabelVariants
from .language import Language
from .leakage import Leakage
from .lengths import Lengths
from .lost_answers import LostAnswers
from .near_duplicates import NearDuplicates

__all__ = ["CHECKS", "Audit", "Audited", "Check", "Finding"]

CHECKS: Table[Check] = Table(
    "check",
    Check,  # type: ignore[type-abstract]
    [
        Leakage,
        Contradictions,
        LabelVariants,
        Balance,
        Empty,
        Duplicates,
        NearDuplicates,
        LostAnswers,
        Lengths,
        Language,
    ],
)

_ORDER = {"error": 0, "warning": 1, "note": 2}


class Audit(Section):
    """What is checked in the data before training."""

    place: ClassVar[str] = "audit"

    checks: tuple[str, ...] | None = None
    """The names of the checks to make. If they are not given, all are made."""

    @field_validator("checks")
    @classmethod
    def _known(cls, checks: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for name in checks or ():
            if name not in CHECKS:
                what, fix = CHECKS.unknown(name)
                raise PydanticCustomError("unknown_kind", "{error}", {"error": what, "fix": fix})
        return checks

    def run(self, audited: Audited) -> list[Finding]:
        """All findings, the worst first."""
        names = CHECKS if self.checks is None else self.checks
        checks = [CHECKS.make(name) for name in names]
        apply = [check for check in checks if audited.labelled or not check.of_labels]
        findings = [finding for check in apply for finding in check.run(audited)]
        return sorted(findings, key=lambda finding: _ORDER[finding.severity])
