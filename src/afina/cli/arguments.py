"""From the options of a command to a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..recipe.load import Override, overrides, recipe_from
from ..recipe.recipe import Recipe

__all__ = ["recipe_of"]

#: option -> the setting that it is short for.
_SETTINGS = {
    "task": "task",
    "model": "model",
    "adapt": "adapt",
    "test": "data.test",
    "seed": "seed",
    "rules": "data.weak",
}


def recipe_of(source: str, options: Mapping[str, Any]) -> Recipe:
    """The recipe of a command that has :func:`afina.cli.options.recipe_options`. Raises RecipeError."""
    given = [
        Override(setting, str(value) if isinstance(value, Path) else value, f"--{option}")
        for option, setting in _SETTINGS.items()
        if (value := options.get(option)) is not None
    ]
    if options.get("track"):
        given.append(Override("track", list(options["track"]), "--track"))
    return recipe_from(source, [*given, *overrides(options["sets"])])
