"""A ladder on facts that no training row holds, and documents do: is looking them up what it recommends?

Invented towns have a mayor, a dish and a river each. The questions of training, development and test rows ask
for different towns; short notes on all towns lie in a folder, which one of the cheaper ways searches. What
trains on the questions can learn in what form to answer, and not one fact that is asked for later.

    python bench/facts.py [--model smollm2-135m] [--towns 48 32 32] [--out FOLDER]
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from pathlib import Path

from afina.decide.ladder import ladder
from afina.evaluate.words import number
from afina.recipe.recipe import Recipe

ASKED = {
    "mayor": ("Who is the mayor of {town}?", "The mayor of {town} is {first} {last}."),
    "dish": ("Which dish is {town} known for?", "{town} is known for its {adjective} {food}."),
    "river": ("Which river runs through {town}?", "The river {river} runs through {town}."),
}
STARTS = (
    "Bel", "Cor", "Dra", "Fal", "Gor", "Hal", "Jor", "Kel", "Lun", "Mar", "Pel", "Ral", "Sor", "Ul", "Yar",
)  # fmt: skip
MIDDLES = ("a", "e", "i", "o", "u", "an", "en", "in", "or", "ur")
ENDS = ("port", "burg", "ville", "mouth", "stead", "field", "dorf", "wick", "ton", "haven")
FIRST = (
    "Oskar", "Irena", "Tomas", "Livia", "Edgar", "Nadia", "Pavel", "Rosa", "Hugo", "Selma", "Bruno", "Alma",
)  # fmt: skip
LAST = ("Moreau", "Petrov", "Castell", "Amberg", "Novak", "Ferrante", "Duarte", "Holm", "Keller", "Vidal")
FOODS = ("soup", "bread", "pie", "stew", "cheese", "dumplings", "pancakes", "sausage", "noodles", "cake")
ADJECTIVES = ("smoked", "pickled", "sweet", "spicy", "roasted", "sour", "salted", "baked", "fried", "cold")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--towns", type=int, nargs=3, default=[48, 32, 32], metavar=("TRAIN", "DEV", "TEST"))
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write(folder, options.towns)
        recipe = Recipe.of(
            {
                "data": str(folder / "data"),
                "model": {"name": options.model, "max_length": 512},
                "task": {"kind": "generate", "general": False, "answers": {"max_tokens": 24}},
                "evaluate": {
                    "baselines": [
                        "few_shot", {"kind": "documents", "path": str(folder / "notes")},
                    ]
                },
            }
        )  # fmt: skip
        told = ladder(recipe, out=options.out or folder / "ladder").told
    kinds = list(told["rungs"][0]["metrics"])
    print(f"{told['rows']}; decided by {told['decided_by']}\n")
    print(f"| way | {' | '.join(kinds)} | seconds |")
    print("|---|" + "---|" * len(kinds) + "--:|")
    for rung in told["rungs"]:
        if rung["left_out"] is not None:
            print(f"| {rung['name']} | left out: {rung['left_out']['code']} |")
            continue
        values = [
            f"{number(each['value'], 3)} [{number(each['low'], 3)}, {number(each['high'], 3)}]"
            for each in rung["metrics"].values()
        ]
        print(f"| {rung['name']} | {' | '.join(values)} | {rung['seconds']:.0f} |")
    print(f"\nfine-tune: {told['fine_tune']}; {told['choice']}; {told['reason']['code']}")
    print(told["reason"]["sentence"])
    print(told["test"]["sentence"])


def write(folder: Path, towns: list[int]) -> None:
    """``data/`` with the questions, ``notes/`` with a short text for each town."""
    generator = random.Random(0)
    names = [start + middle + end for start in STARTS for middle in MIDDLES for end in ENDS]
    drawn = generator.sample(names, 2 * sum(towns))
    (folder / "data").mkdir()
    (folder / "notes").mkdir()
    for split, count in zip(("train", "dev", "test"), towns, strict=True):
        rows = []
        for _ in range(count):
            town, river = drawn.pop(), drawn.pop()[:5]
            filled = {
                "town": town, "river": river,
                "first": generator.choice(FIRST), "last": generator.choice(LAST),
                "adjective": generator.choice(ADJECTIVES), "food": generator.choice(FOODS),
            }  # fmt: skip
            answers = {kind: answer.format(**filled) for kind, (_question, answer) in ASKED.items()}
            kind = generator.choice(list(ASKED))
            rows.append({"question": ASKED[kind][0].format(**filled), "answer": answers[kind]})
            note = " ".join(answers.values()) + "\n"
            (folder / "notes" / f"{town}.txt").write_text(note, encoding="utf-8")
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "data" / f"{split}.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
