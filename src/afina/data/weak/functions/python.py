"""Functions that a person has written."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import ClassVar, Literal

from ....errors import DataError, Problem, first_line
from ....language import _
from ....section import near_miss, shown
from ...labels import plain_label
from ...read import complain
from .base import LabellingFunction, Rows

__all__ = ["Python"]

Written = Callable[[str], object]


class Python(LabellingFunction):
    """Python: functions of a file of your own, each from a text to a label, or to None."""

    kind: Literal["python"] = "python"
    files: ClassVar[tuple[str, ...]] = ("file",)
    file: str
    """A Python file. It is run, and may do whatever you may do: name only a file that you trust."""
    functions: tuple[str, ...] | None = None
    """The names of the functions. If they are not given, all that the file defines are taken, but those whose
    names begin with _."""

    def vote(self, rows: Rows) -> dict[str, list[str | None]]:
        votes: dict[str, list[str | None]] = {}
        problems = []
        for name, function in self._written().items():
            votes[name] = [None] * len(rows)
            for number, text in enumerate(rows.texts):
                try:
                    votes[name][number] = _label(function(text))
                except Exception as error:  # it is not our function
                    told = _("{function} fails on the row {where}: {reason}").format(
                        function=name, where=rows.places[number], reason=_reason(error)
                    )
                    problems.append(Problem(told, self.file))
                    break
        complain(problems)
        return votes

    def _written(self) -> dict[str, Written]:
        path = Path(self.file)
        if not path.is_file():
            raise DataError(_("there is no such file."), where=self.file)
        name = f"afina_labelling_{path.stem}"
        spec = spec_from_file_location(name, path)
        if spec is None or spec.loader is None:
            raise DataError(_("the name of a Python file ends in .py."), where=self.file)
        module = module_from_spec(spec)
        before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        try:
            spec.loader.exec_module(module)
        except (Exception, SystemExit) as error:  # nor our file
            told = _("this file cannot be run: {reason}").format(reason=_reason(error))
            raise DataError(told, where=self.file) from None
        finally:
            sys.dont_write_bytecode = before
        defined: dict[str, Written] = {
            name: function
            for name, function in inspect.getmembers(module, inspect.isfunction)
            if function.__module__ == module.__name__ and not name.startswith("_")
        }
        if self.functions is None:
            if not defined:
                raise DataError(_("this file defines no function."), where=self.file)
            return defined
        complain(
            [
                Problem(_("there is no function {name}.").format(name=shown(name)), self.file,
                        near_miss(name, defined))
                for name in self.functions if name not in defined
            ]
        )  # fmt: skip
        return {name: defined[name] for name in self.functions}


def _label(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str | int | float):
        raise TypeError(_("this is not a label: {value}.").format(value=shown(value)))
    return plain_label(value)


def _reason(error: BaseException) -> str:
    # Who wrote the function knows Python's own words.
    return f"{type(error).__name__}: {first_line(error)}"
