"""What a person has decided on rows whose label was in doubt, kept beside the data as it is decided."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ..errors import StoreError, reason_of
from ..language import _
from .changes import Change
from .example import LabelledText
from .formats import Sheet
from .labels import plain_label

__all__ = ["Decision", "Decisions"]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a row."""

    where: str
    """``file:line``."""
    text: str
    """A decision holds for the row only as long as this stands there."""
    label: str
    """The one it had."""
    what: Literal["keep", "label", "remove", "undone"]
    new: str | None = None
    """The label it gets."""


class Decisions:
    """Decisions in ``NAME.decisions.jsonl`` beside the data, one a line; a later line on a row wins.

    Raises StoreError when the file cannot be read.
    """

    def __init__(self, data: Path) -> None:
        self.path = data.with_name(f"{data.name}.decisions.jsonl")
        self.made: dict[str, Decision] = {}
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        for number, line in enumerate(lines, 1):
            try:
                decision = Decision(**json.loads(line))
            except (ValueError, TypeError):
                if number == len(lines):
                    continue  # cut off while it was written
                raise StoreError(
                    _("this is no decision of 'afina clean'."),
                    where=f"{self.path}:{number}",
                    fix=_("Correct the line, or move the file away to begin anew."),
                ) from None
            self._put(decision)

    def of(self, example: LabelledText) -> Decision | None:
        """The decision on a row, unless its text has changed since."""
        decision = self.made.get(str(example.where))
        return decision if decision is not None and decision.text == example.text else None

    def add(self, decision: Decision) -> None:
        """Remembers it, on the disk too. Raises StoreError."""
        whole = not self.path.exists() or self.path.read_bytes()[-1:] in (b"", b"\n")
        line = json.dumps(asdict(decision), ensure_ascii=False)
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(("" if whole else "\n") + line + "\n")
        except OSError as error:
            raise StoreError(
                _("this cannot be written: {why}.").format(why=reason_of(error)), where=str(self.path)
            ) from None
        self._put(decision)

    def changes(
        self, examples: Mapping[str, LabelledText], sheets: Mapping[str, Sheet], column: str
    ) -> list[Change]:
        """What they change in the rows.

        Args:
            examples: ``file:line`` -> row.
            column: that of the labels.
        """
        made = []
        # A label that is a number in the file stays one.
        cells = {plain_label(row.get(column)): row.get(column) for s in sheets.values() for row in s.rows}
        for place, example in examples.items():
            decision = self.of(example)
            if decision is not None and decision.what == "remove":
                made.append(Change(place, None, "removed", example.text))
            elif decision is not None and decision.what == "label":
                before, after = cells.get(decision.label, decision.label), cells.get(str(decision.new))
                made.append(Change(place, column, "label", before, after or decision.new))
        return made

    def _put(self, decision: Decision) -> None:
        if decision.what == "undone":
            self.made.pop(decision.where, None)
        else:
            self.made[decision.where] = decision
