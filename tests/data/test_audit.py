import json
import random
from dataclasses import replace

import pytest

from afina.data.audit import CHECKS, Audit, Audited
from afina.data.example import LabelledText, Splits, Where
from afina.errors import Problem, RecipeError
from afina.language import speaking


def words(number, count=8):
    generator = random.Random(number)
    return " ".join("".join(generator.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(count))


def rows(name, *pairs):
    return tuple(
        LabelledText(
            where=Where(f"{name}.csv", line), text=text, target=dict.fromkeys(labels.split("+"), 1.0)
        )
        for line, (text, labels) in enumerate(pairs, 2)
    )


def healthy(name, start, count):
    return rows(name, *((words(n), "good" if n % 2 else "bad") for n in range(start, start + count)))


def audited(train=(), dev=(), test=(), **more):
    splits = Splits(
        (*healthy("train", 0, 40), *train),
        (*healthy("dev", 100, 10), *dev),
        (*healthy("test", 200, 10), *test),
    )
    return Audited(splits, **more)


def found(check, data):
    return Audit(checks=(check,)).run(data)


def test_nothing_is_found_in_healthy_data():
    assert (
        Audit().run(audited(language="und", lengths={"train": [9] * 40, "dev": [9] * 10, "test": [9] * 10}))
        == []
    )


def test_every_check_is_in_the_table():
    texts = {"empty", "duplicates", "near_duplicates", "lengths", "language", "lost_answers"}
    texts |= {"encoding", "truncation", "templates", "overlap", "pii", "profanity"}
    labels = {"contradictions", "balance", "label_variants", "suspects", "shortcuts"}
    assert set(CHECKS) == texts | labels | {"leakage"}


def test_checks_are_chosen_by_name():
    with pytest.raises(RecipeError, match="Did you mean 'leakage'"):
        Audit.of({"checks": ["leakages"]})
    assert found("duplicates", audited(test=rows("x", (words(1), "good")))) == []


def test_exact_leakage_is_an_error_and_names_both_rows():
    data = audited(test=rows("x", (words(1).upper(), "good"), (words(101), "bad")))
    (finding,) = found("leakage", data)
    assert (finding.severity, finding.count) == ("error", 2)
    assert finding.rows == ("train.csv:3 = x.csv:2", "dev.csv:3 = x.csv:3")
    assert finding.message == "2 development or test rows have the text of a row on another side."


def test_near_leakage_is_a_warning():
    data = audited(test=rows("x", (words(1) + " x", "good"), (words(1) + " X", "good")))
    (finding,) = found("leakage", data)
    assert (finding.severity, finding.count) == ("warning", 2)
    assert finding.rows == ("train.csv:3 = x.csv:2", "train.csv:3 = x.csv:3")


def test_near_leakage_is_seen_through_copies():
    data = audited(dev=rows("d", (words(1), "good")), test=rows("t", (words(1) + " x", "good")))
    error, warning = found("leakage", data)
    assert (error.severity, error.rows) == ("error", ("train.csv:3 = d.csv:2",))
    assert (warning.severity, warning.rows) == ("warning", ("train.csv:3 = t.csv:2",))


def test_groups_on_two_sides():
    def one(name, number):
        return (LabelledText(where=Where(name, 2), text=words(number), target={"good": 1.0}, group="g"),)

    (finding,) = found("leakage", audited(train=one("a.csv", 900), test=one("b.csv", 901)))
    assert finding.message == "1 group has rows on more than one side of the split."
    assert finding.rows == ("a.csv:2 = b.csv:2",)


def test_contradictions():
    data = audited(
        train=rows("x", (words(1), "bad"), (words(1) + "  ", "good")), test=rows("y", (words(2), "good"))
    )
    (finding,) = found("contradictions", data)
    assert (finding.severity, finding.count) == ("warning", 2)
    assert finding.rows == ("train.csv:3 = x.csv:2", "train.csv:4 = y.csv:2")


def test_duplicates_and_near_duplicates_on_one_side():
    data = audited(train=rows("x", (words(1), "good"), (words(2) + " y", "bad")))
    (copies,) = found("duplicates", data)
    assert (copies.severity, copies.rows) == ("note", ("train.csv:3 = x.csv:2",))
    (near,) = found("near_duplicates", data)
    assert (near.severity, near.rows) == ("note", ("train.csv:4 = x.csv:3",))


def test_label_variants():
    data = audited(train=rows("x", (words(900), "Good"), (words(901), "GOOD"), (words(902), "bád")))
    (finding,) = found("label_variants", data)
    assert finding.severity == "warning"
    assert "'good' = 'Good' = 'GOOD'" in finding.message
    assert "'bad' = 'bád'" in finding.message
    assert finding.rows == ("x.csv:2", "x.csv:3", "x.csv:4")


def test_balance():
    data = audited(train=rows("x", (words(900), "rare")))
    small, dev, test, ratio = found("balance", data)
    assert small.message == "1 label has fewer than 10 training rows: 'rare' (1)."
    assert small.rows == ("x.csv:2",)
    assert "'rare'" in dev.message
    assert "in dev" in dev.message
    assert "in test" in test.message
    assert ratio.severity == "note"
    assert "20 times the rows of 'rare'" in ratio.message


def test_lengths_against_the_limit():
    lengths = {"train": [10] * 39 + [50], "dev": [10] * 10, "test": [10] * 9 + [21]}
    (finding,) = found("lengths", audited(lengths=lengths, limit=20))
    assert (finding.severity, finding.count) == ("note", 2)
    assert finding.rows == ("train.csv:41", "test.csv:11")
    assert "2 texts (3.3\N{NO-BREAK SPACE}%) are longer than the 20 tokens" in finding.message
    assert "half of the texts have up to 10 tokens" in finding.message
    (finding,) = found("lengths", audited(lengths=lengths, limit=9))
    assert (finding.severity, finding.count) == ("warning", 60)
    assert found("lengths", audited(lengths=lengths, limit=50)) == []


def test_another_language():
    data = audited(
        train=rows(
            "x",
            ("La batería de este móvil dura dos días enteros y el precio es bueno.", "good"),
            ("sí, qué va", "bad"),
        ),
        language="en",
    )
    assert "x.csv:2" in found("language", data)[-1].rows
    assert "x.csv:3" not in found("language", data)[-1].rows


def test_rows_left_out_and_texts_without_a_letter():
    dropped = [Problem("no text.", f"a.csv:{line}") for line in range(2, 32)]
    data = audited(train=rows("x", ("...!", "good"), ("👍", "good")), dropped=dropped)
    left_out, bare = found("empty", data)
    assert (left_out.count, len(left_out.rows), left_out.rows[0]) == (30, 20, "a.csv:2")
    assert (bare.count, bare.rows) == (2, ("x.csv:2", "x.csv:3"))


def test_the_worst_comes_first_and_findings_are_json():
    data = audited(
        train=rows("x", (words(1), "bad")),
        test=rows("y", (words(2), "bad"), (words(3) + " z", "Good")),
        dropped=[Problem("no text.", "a.csv:9")],
    )
    findings = Audit().run(data)
    severities = [finding.severity for finding in findings]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert severities[0] == "error"
    assert severities[-1] == "note"
    for finding in findings:
        plain = json.loads(json.dumps(finding.plain()))
        assert set(plain) == {"check", "severity", "message", "fix", "rows", "count"}
        assert plain["message"].endswith(".")
        assert plain["fix"].endswith(".")


def test_multi_label_rows():
    data = audited(train=rows("x", (words(900), "good+bad"), (words(900), "bad+good")), multi_label=True)
    assert found("contradictions", data) == []
    assert len(found("duplicates", data)) == 1


def test_numbers_and_sides_are_written_in_the_language_of_the_reader():
    with speaking("es"):
        lengths = {"train": [9] * 39 + [12000], "dev": [9] * 10, "test": [9] * 10}
        (finding,) = found("lengths", audited(limit=9, lengths=lengths))
        assert finding.message.startswith("1 texto (1,7\N{NO-BREAK SPACE}%) es más largo que los 9 tokens")
        rare = rows("train", *((words(n), "rare") for n in range(300, 312)))
        messages = [finding.message for finding in found("balance", audited(train=rare))]
        assert any("en desarrollo" in message for message in messages), messages


def test_a_column_that_is_not_used_and_tells_the_label_is_told():
    data = audited(train=healthy("more", 400, 60))
    train = data.splits.train
    beside = {"source": {row.where: "web" if row.label == "good" else "shop" for row in train}}
    beside["half"] = {row.where: "ab"[number // 2 % 2] for number, row in enumerate(train)}
    assert found("shortcuts", data) == []
    (finding,) = found("shortcuts", replace(data, beside=beside))
    assert finding.severity == "note"
    assert finding.message.startswith(
        "The column 'source' alone tells labels: it saves 100\N{NO-BREAK SPACE}%"
    )
