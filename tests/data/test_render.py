import pytest

from afina.data.render import encode_texts
from afina.data.row import Tools


@pytest.fixture
def tokenizer(tiny_model):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny_model)


def test_ids_and_what_is_cut(tokenizer):
    texts = ["good phone", "the camera is very good and the screen is bad", ""]
    whole = tokenizer(texts)["input_ids"]
    assert [len(ids) for ids in whole] == [4, 12, 2]
    (short, none), (cut, lost), (empty, nothing) = encode_texts(texts, Tools(tokenizer, ("a", "b"), 6))
    assert (list(short), none) == (whole[0], 0)
    # The closing special token stays; what is lost is text.
    assert (list(cut), lost) == ([*whole[1][:5], whole[1][-1]], 6)
    assert (list(empty), nothing) == (whole[2], 0)


def test_a_text_does_not_depend_on_its_neighbours(tokenizer):
    tools = Tools(tokenizer, ("a", "b"), 6)
    texts = ["good phone", "the camera is very good and the screen is bad", "fine"]
    assert encode_texts(texts, tools) == [encode_texts([text], tools)[0] for text in texts]
    assert encode_texts([], tools) == []


def test_no_warning_about_long_texts(tokenizer, capsys):
    long = "good " * 500
    ((ids, cut),) = encode_texts([long], Tools(tokenizer, ("a",), 64))
    assert (len(ids), cut) == (64, 438)
    assert capsys.readouterr().err == ""
