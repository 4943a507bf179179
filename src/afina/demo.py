"""The demonstration: product-review sentences into negative, neutral and positive.

The sentences, with the mean of twenty ratings each, come with the sdist of vaderSentiment 3.3.2 (Hutto &
Gilbert 2014; MIT). A mean of at most -0.5 is negative, of at least 0.5 positive, else neutral; sentences of
one review never stand on two sides of the split.
"""

from __future__ import annotations

import csv
from pathlib import Path

from .data.load import Data
from .errors import DataError
from .language import _
from .models.load import Model
from .models.source import resolve
from .recipe.recipe import Recipe
from .run import Result, run
from .train.log import Listener, ignore

__all__ = ["EXAMPLES", "demo", "demo_recipe", "product_reviews"]

#: Sentences that are not in the data, for a first look at what the model answers.
EXAMPLES = (
    "The battery dies after two hours and support never answered.",
    "Setup took five minutes and the picture is gorgeous.",
    "It comes with a charger, a strap and a carrying case.",
    "I expected more for this price, the zoom is nearly useless.",
    "Not bad at all, I would buy it again.",
)


def product_reviews(folder: Path) -> Path:
    """Writes the sentences as a table (id, review, text, label) into ``folder`` and returns its path.

    Raises ModelError when the package cannot be had, DataError when it is not what it should be.
    """
    source = resolve("vader-reviews").folder / "amazonReviewSnippets_GroundTruth.txt"
    rows = []
    for line in source.read_text(encoding="utf-8").splitlines():
        number, mean, text = line.split("\t", 2)
        rating = float(mean)
        label = "negative" if rating <= -0.5 else "positive" if rating >= 0.5 else "neutral"
        rows.append((number, number.partition("_")[0], text, label))
    if len(rows) < 3000:
        raise DataError(
            _("the demonstration's data are not whole ({count} rows).").format(count=len(rows)),
            where=str(source),
        )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "product-reviews.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "review", "text", "label"))
        writer.writerows(rows)
    return path


def demo_recipe(table: Path, seed: int = 0) -> Recipe:
    """Full fine-tuning of ``minilm`` on the table, 70/10/20."""
    data = Data(path=str(table), text="text", label="label", group="review")
    return Recipe(name="demo", seed=seed, data=data, model=Model(name="minilm"))


def demo(*, out: Path | None = None, seed: int = 0, listen: Listener = ignore) -> Result:
    """Runs the demonstration; the table is written beside the runs. Raises what :func:`.run.run` does."""
    return run(demo_recipe(product_reviews(Path("runs") / "data"), seed), out=out, listen=listen)
