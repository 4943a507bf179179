import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afina.data.clean import Clean


@pytest.mark.parametrize(
    ("text", "clean", "steps"),
    [
        ("plain text", "plain text", ()),
        ("  two   spaces\t here ", "two spaces here", ("whitespace",)),
        ("one\n\n\n two", "one\ntwo", ("whitespace",)),
        ("cafe\u0301", "café", ("unicode",)),
        ("zero\u200bwidth\ufeff and \xadsoft", "zerowidth and soft", ("control",)),
        ("bell\x07", "bell", ("control",)),
        ("page\x0cbreak", "page\nbreak", ("control",)),
        ("<p>One<br/>two</p>", "One\ntwo", ("html", "whitespace")),
        ('a <a href="x">link</a> and <b>bold</b>', "a link and bold", ("html",)),
        ("<script>alert(1)</script>hi<!-- no -->", "hi", ("html", "whitespace")),
        ("R&amp;D &quot;x&quot; &#39;y&#39;", "R&D \"x\" 'y'", ("html",)),
        ("Johnson amp; Johnson, it#39;s", "Johnson & Johnson, it's", ("html",)),
        ("&amp;lt;b&amp;gt;deep", "deep", ("html",)),
        ("a < b and c > d", "a < b and c > d", ()),
        ("I <3 you", "I <3 you", ()),
        ("x <y and z> w", "x <y and z> w", ()),
        ("Q&A at ?a=1&copy=2", "Q&A at ?a=1&copy=2", ()),
        ("example; ramp; #1; lamp;", "example; ramp; #1; lamp;", ()),
        ("👩\u200d👩\u200d👧 ❤️", "👩\u200d👩\u200d👧 ❤️", ()),
        ("niño ¿qué? ¡sí!", "niño ¿qué? ¡sí!", ()),
        ("\xa0hard\xa0space", "hard space", ("whitespace",)),
        ("half \ud800", "half", ("control", "whitespace")),
        ("\ufb01ne \uff21", "\ufb01ne \uff21", ()),
    ],
)
def test_each_step(text, clean, steps):
    assert Clean().apply(text) == (clean, steps)


def test_steps_that_are_off_change_nothing():
    off = Clean(unicode="none", whitespace=False, control=False, html=False)
    text = " <b>e\u0301\x07&amp;</b>  "
    assert off.apply(text) == (text, ())
    assert Clean(unicode="NFKC").apply("\ufb01ne \uff21") == ("fine A", ("unicode",))


NASTY = st.text(
    st.one_of(
        st.sampled_from("<>&;#ampltgbr/ \n\t\x0c\x07\u200b\u0301éA3\ufb01\uff06\uff1c"), st.characters()
    ),
    max_size=60,
)


@given(
    NASTY,
    st.builds(
        Clean,
        unicode=st.sampled_from(["NFC", "NFKC", "none"]),
        whitespace=st.booleans(),
        control=st.booleans(),
        html=st.booleans(),
    ),
)
@settings(max_examples=400, deadline=None)
def test_cleaning_twice_changes_nothing(text, clean):
    once, steps = clean.apply(text)
    assert steps or once == text
    assert clean.apply(once) == (once, ())
