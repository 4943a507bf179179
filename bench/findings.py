"""What published findings about fine-tuning come to with minilm and the product reviews.

Every way is trained with several seeds (of few-shot learning: on several draws of the rows) and measured on
the same test rows, which no training and no choice saw. A difference is that of the mean macro-F1 over the
seeds. Its interval resamples test rows and seeds together (2,000 times); with so few seeds it is still
somewhat too narrow.

    python bench/findings.py [--only few shift rates methods] [--seeds 3] [--out findings.json]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import material
from afina.adapt import METHODS, Adapted
from afina.combine.base import each
from afina.data.load import Data
from afina.evaluate.metrics import metrics_of
from afina.evaluate.statistics import Resampled, draws, resample
from afina.models.load import Model
from afina.recipe.load import Override, recipe_from
from afina.recipe.prepare import Prepared
from afina.recipe.recipe import Recipe
from afina.train.fit import Train
from training import states, train

RECIPES = Path(__file__).parent.parent / "recipes"
METRIC = metrics_of(["macro_f1"], multi_label=False)["macro_f1"]
RESAMPLES = 2000
MAX_LENGTH = 128
#: Nothing is chosen: training ends with the weights of its last step.
NEVER = 10**9

Probabilities = NDArray[np.float64]


@dataclass(frozen=True)
class Rows:
    """Unseen rows, and what each way answers on them with each seed."""

    texts: list[str]
    labels: list[int]
    answers: dict[str, list[Probabilities]] = field(default_factory=dict)

    def add(self, way: str, prepared: Prepared, adapted: Adapted) -> None:
        """Lets the network answer."""
        assert prepared.tools.labels == material.LABELS
        self.answers.setdefault(way, []).append(prepared.shipped(adapted).probabilities(self.texts))

    @property
    def truth(self) -> Probabilities:
        """(N, C), 1 for the label of each row."""
        return np.eye(len(material.LABELS))[self.labels]

    def score(self, way: str) -> Resampled:
        """Macro-F1, the mean over the seeds, on resamples of rows and of seeds."""
        counts = draws(len(self.texts), RESAMPLES, seed=0)
        found = [resample(METRIC, self.truth, answers, counts) for answers in self.answers[way]]
        # The same choice of seeds for every way, which makes the differences paired.
        chosen = np.random.default_rng(1).integers(0, len(found), (RESAMPLES, len(found)))

        def mean(of_seeds: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
            drawn: NDArray[np.float64] = np.take_along_axis(np.stack(of_seeds, axis=1), chosen, axis=1)
            return drawn.mean(axis=1)

        disagreeing = [mean(each) for each in zip(*(f.disagreeing or () for f in found), strict=True)]
        return Resampled(
            float(np.mean([f.value for f in found])),
            mean([f.values for f in found]),
            mean([f.corrected for f in found]),
            len(self.texts),
            METRIC.limits,
            (disagreeing[0], disagreeing[1]),
        )


@dataclass(frozen=True)
class Bench:
    """Where the rows are, and how many seeds there are."""

    folder: Path
    seeds: int

    def split(self, rows: int) -> Path:
        """Product reviews: ``rows`` to train on, the dev split to choose on, and ``test.jsonl`` unseen."""
        folder = self.folder / f"products-{rows}"
        if not folder.exists():
            folder.mkdir()
            material.write("products", folder, rows, dev=None)
        return folder

    def unseen(self, folder: Path) -> Rows:
        return Rows(*material.read(folder / "test.jsonl"))

    def prepared(self, data: Path, seed: int, adapt: Mapping[str, Any], **settings: Any) -> Prepared:
        recipe = Recipe(
            seed=seed, data=Data(path=str(data)), model=Model(name="minilm", max_length=MAX_LENGTH),
            adapt=METHODS.make(adapt), **settings,
        )  # fmt: skip
        return self.cached(Prepared(recipe))

    def ready(self, name: str, data: Path, seed: int, **settings: Any) -> Prepared:
        """A recipe that comes with Afina, on these rows."""
        given = {
            "data.path": str(data), "model.name": "minilm", "model.max_length": MAX_LENGTH, "seed": seed,
        } | settings  # fmt: skip
        return self.cached(Prepared(recipe_from(RECIPES / name, [Override(*pair) for pair in given.items()])))

    def cached(self, prepared: Prepared) -> Prepared:
        prepared.cache = states(self.folder / "states")
        return prepared


def few(bench: Bench) -> dict[str, Any]:
    """SetFit's pattern: with few rows pairs beat full fine-tuning, with more the advantage goes."""
    folder = bench.split(2575)
    told: dict[str, Any] = {}
    for per_class, draws_made in ((8, 2 * bench.seeds), (64, bench.seeds)):
        unseen = bench.unseen(folder)
        for seed in range(draws_made):
            data = material.draw(folder, per_class, seed)
            ways = {
                "contrastive, then a head": bench.ready("few-shot.yaml", data, seed),
                "frozen features": bench.prepared(data, seed, {"kind": "features", "c": [1.0]}),
                "full, 20 epochs": bench.prepared(
                    data, seed, {"kind": "full"}, train=Train(epochs=20, evaluate_every=NEVER)
                ),
            }
            _answer(f"few-{per_class} {seed}", ways, unseen)
        told[f"{per_class} a class"] = _compared(unseen, "full, 20 epochs")
    return told


def shift(bench: Bench) -> dict[str, Any]:
    """LP-FT under a shift of domain, and WiSE-FT's curve between the probe and the tuned network."""
    folder = bench.split(800)
    places = {"products": bench.unseen(folder)} | {
        name: Rows(*material.labelled(name, 500)) for name in ("movies", "tweets", "editorials")
    }
    data = folder / "split"
    for seed in range(bench.seeds):
        probing = bench.prepared(data, seed, {"kind": "features"})
        probe, _best = train(probing)
        base = {name: tensor.clone() for name, tensor in probe.network.state_dict().items()}
        for rows in places.values():
            rows.add("probe", probing, probe)
        for way, prepared in (
            ("full", bench.prepared(data, seed, {"kind": "full"})),
            ("LP-FT", bench.ready("lp-ft.yaml", data, seed)),
        ):
            tuned, _best = _timed(f"shift {seed} {way}", lambda prepared=prepared: train(prepared))
            weights = {name: tensor.clone() for name, tensor in tuned.network.state_dict().items()}
            for alpha in (0.2, 0.4, 0.6, 0.8, 1.0):
                between = each(base, [weights], lambda b, t, a=alpha: (1 - a) * b + a * t[0])
                tuned.network.load_state_dict(between)
                for rows in places.values():
                    rows.add(way if alpha == 1 else f"{way}, a = {alpha}", prepared, tuned)
    return {name: _compared(rows, "full") for name, rows in places.items()}


def rates(bench: Bench) -> dict[str, Any]:
    """ULMFiT: learning rates by depth and gradual unfreezing, few rows and more."""
    told: dict[str, Any] = {}
    for count, epochs in ((100, 10), (1000, 4)):
        folder = bench.split(count)
        unseen = bench.unseen(folder)
        for seed in range(bench.seeds):
            ways = {
                way: bench.prepared(folder / "split", seed, adapt, train=_train(count, epochs=epochs))
                for way, adapt in (
                    ("full", {"kind": "full"}),
                    ("full, rates by depth", {"kind": "full", "layer_decay": 0.8}),
                    ("gradual, one rate", {"kind": "gradual", "layer_decay": 1.0}),
                    ("gradual, rates by depth", {"kind": "gradual", "layer_decay": 0.8}),
                )
            }
            _answer(f"rates-{count} {seed}", ways, unseen)
        told[f"{count} rows"] = _compared(unseen, "full")
    return told


def methods(bench: Bench) -> dict[str, Any]:
    """LoRA, biases, bottleneck adapters and full fine-tuning, each at its best of as many learning rates."""
    folder = bench.split(800)
    unseen, data = bench.unseen(folder), folder / "split"
    tuning: dict[str, Any] = {}
    for kind, tried in (
        ("full", (3e-5, 1e-4, 2e-4, 4e-4)),
        ("lora", (5e-4, 1e-3, 2e-3, 4e-3)),
        ("bottleneck", (5e-4, 1e-3, 2e-3, 4e-3)),
        ("bias", (1e-3, 2e-3, 4e-3, 8e-3)),
    ):
        found = []
        for rate in tried:
            settings = _train(800, epochs=4, learning_rate=rate)
            prepared = bench.prepared(data, 0, {"kind": kind}, train=settings)
            tuned, best = _timed(f"methods {kind} {rate:g}", lambda prepared=prepared: train(prepared))
            found.append((best or 0.0, -rate, prepared, tuned))
        best, negative, prepared, tuned = max(found, key=lambda entry: entry[:2])
        tuning[kind] = {"rate": -negative, "dev": {f"{-rate:g}": dev for dev, rate, *_rest in found}}
        unseen.add(kind, prepared, tuned)
        for seed in range(1, bench.seeds):
            settings = _train(800, epochs=4, learning_rate=-negative)
            ways = {kind: bench.prepared(data, seed, {"kind": kind}, train=settings)}
            _answer(f"methods {seed}", ways, unseen)
    return {"800 rows": _compared(unseen, "full") | {"tuning": tuning}}


EXPERIMENTS: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "few": few, "shift": shift, "rates": rates, "methods": methods,
}  # fmt: skip


def _train(rows: int, **settings: Any) -> Train:
    """Evaluated once an epoch, which is where the weights are chosen."""
    return Train(evaluate_every=-(-rows // Train().batch), **settings)


def _answer(name: str, ways: Mapping[str, Prepared], unseen: Rows) -> None:
    for way, prepared in ways.items():
        adapted, _best = _timed(f"{name} {way}", lambda prepared=prepared: train(prepared))
        unseen.add(way, prepared, adapted)


def _timed(name: str, work: Callable[[], tuple[Adapted, float | None]]) -> tuple[Adapted, float | None]:
    began = time.perf_counter()
    adapted, best = work()
    told = "" if best is None else f"   dev {best:.3f}"
    print(f"{name:<44} {time.perf_counter() - began:7.1f} s{told}", file=sys.stderr, flush=True)
    return adapted, best


def _compared(rows: Rows, against: str) -> dict[str, Any]:
    """Every way with its interval, its value with each seed, and its difference to one of them."""
    scores = {way: rows.score(way) for way in rows.answers}
    ways = {
        way: {
            "macro_f1": scores[way].interval().plain(),
            "each": [float(METRIC(rows.truth, probabilities)) for probabilities in answers],
            "over": None if way == against else scores[way].minus(scores[against]).plain(),
        }
        for way, answers in rows.answers.items()
    }
    return {"test rows": len(rows.labels), "against": against, "ways": ways}


def table(place: str, told: Mapping[str, Any]) -> str:
    """One comparison in markdown."""
    lines = [
        f"| {place} ({told['test rows']} test rows) | macro-F1 | over {told['against']} | p |",
        "|---|---|---|--:|",
    ]
    for way, row in told["ways"].items():
        cells = [way, "{value:.3f} [{low:.3f}, {high:.3f}]".format(**row["macro_f1"]), "", ""]
        if row["over"]:
            cells[2:] = "{difference:+.3f} [{low:+.3f}, {high:+.3f}]/{p:.3f}".format(**row["over"]).split("/")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=EXPERIMENTS, default=list(EXPERIMENTS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        bench = Bench(Path(scratch), options.seeds)
        found = {name: EXPERIMENTS[name](bench) for name in options.only}
    print("\n\n".join(table(place, told) for places in found.values() for place, told in places.items()))
    if options.out:
        options.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
