"""How text becomes terms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collinear.search.text.analysis import (
    MAX_PART,
    Analyser,
    analyse,
    analyse_name,
    encodable,
    guard,
    runs,
)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("gsm8k", "gsm 8 k"),
        ("GSM-8K", "gsm 8 k"),
        ("gsm 8k", "gsm 8 k"),
        ("openai/GSM8K_test.v2", "openai gsm 8 k test v 2"),
        ("OpenOrca", "open orca"),
        ("HTMLParser", "html parser"),
        ("LLMs", "llms"),
        ("iPhone", "i phone"),
        ("Ünïcödé Straße", "unicode strasse"),
        ("e\u0301te\u0301", "ete"),
        ("ÉcoleNormale", "ecole normale"),
        ("naïve-Bayes.csv", "naive bayes csv"),
        ("Ælfred Øresund Łódź", "aelfred oresund lodz"),
        ("İstanbul", "istanbul"),
        ("\uff27\uff30\uff34\uff14", "gpt 4"),
        ("ﬁne", "fine"),
        ("中文数据2024", "中 文 数 据 2024"),
        ("日本語データ", "日 本 語 デ ー タ"),
        ("데이터셋", "데 이 터 셋"),
        ("ภาษาไทย", "ภ า ษ า ไ ท ย"),
        ("हिन्दी भाषा", "हिन्दी भाषा"),
        ("مُحَمَّد", "محمد"),
        ("ПриветМир", "привет мир"),
        ("٣٤", "34"),
        ("x²", "x 2"),
        ("data\u200bset so\u00adft", "dataset soft"),
        ("license:mit\nlanguage:en", "license mit language en"),
        ("a\x00b", "a b"),
        ("\ud800abc", "abc"),
        ("🤗 👩‍🔬", ""),
        ("!!! --- ... ___", ""),
        ("", ""),
    ],
)
def test_text_is_folded_and_cut(text: str, parts: str) -> None:
    """Case, accents, width and borders of words make no difference."""
    assert " ".join(part for run in runs(text) for part in analyse(run).parts) == parts


@pytest.mark.parametrize(
    ("name", "joined", "folded"),
    [
        ("GSM8K", "gggsm888k", "gsm8k"),
        ("open-orca", "ooopenorca", "openorca"),
        ("Open-Orca-GPT4", "gggpt444 ooopenorca ooorcagpt444", "openorcagpt4"),
        ("squad_v2", "vvv222 sssquadv222", "squadv2"),
        ("squad", "", "squad"),
        ("中文数据", "", "中文数据"),
    ],
)
def test_names_are_also_kept_in_one_word(name: str, joined: str, folded: str) -> None:
    """What a name writes apart, others write in one word."""
    assert analyse_name(name)[1:] == (joined, folded)


def test_an_analyser_finds_the_same_terms_whatever_it_remembers() -> None:
    """Memory is for speed alone."""
    forgetful, fresh = Analyser(remember=2), Analyser()
    for text in ["SuperGLUE is a GLUE", "a b c d e", "SuperGLUE again", "日本語 GPT4"] * 2:
        assert forgetful.terms(text) == fresh.terms(text)
    assert fresh.terms("SuperGLUE is GPT4") == (
        "sssuper ggglue iiis gggpt 444",
        "sssuperglue gggpt444",
    )


def test_no_term_is_longer_than_anybody_types() -> None:
    """A blob in a description does not become a term of its whole length."""
    terms = Analyser().terms(
        "A" * 5_000 + " " + "b" * 5_000 + "1" * 5_000 + " \U0001d51e" + "é" * 5_000
    )
    assert max(map(len, " ".join(terms).split())) == len(guard("1" * MAX_PART))


@given(st.text(st.characters(exclude_categories=()), max_size=200))
def test_any_text_can_be_analysed(text: str) -> None:
    """Terms hold no white space, no capitals of ASCII, and nothing that is not UTF-8."""
    name, terms = analyse_name(text), Analyser().terms(text)
    for part in " ".join([*name, *terms]).split(" "):
        assert not part or part.split() == [part]
        assert encodable(part) == part
        assert not any("A" <= letter <= "Z" for letter in part)
    assert name.parts.split() == terms.parts.split()
