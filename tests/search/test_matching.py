"""The words people type find the dataset they mean, first."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collinear.domain.query import DatasetQuery
from collinear.search.reader import IndexReader
from tests.search.datasets import build, dataset

Find = Callable[[str], list[str]]

CATALOG = [
    dataset(1, "openai/gsm8k", downloads=500_000, likes=600, tags=("task:text-generation",)),
    dataset(2, "someone/gsm8k", downloads=3),
    dataset(3, "other/GSM-8K", downloads=2_000),
    dataset(4, "kd/tiny-gsm8k-ru", downloads=10, description="a subset of gsm8k"),
    dataset(5, "Open-Orca/OpenOrca", downloads=80_000, likes=1_300),
    dataset(6, "fan/openorca-filtered", downloads=90_000_000, likes=50_000),
    dataset(7, "rajpurkar/squad", downloads=60_000, description="Stanford question answering"),
    dataset(
        8, "rajpurkar/squad_v2", downloads=40_000, tags=("task_categories:question-answering",)
    ),
    dataset(9, "copy/squad", downloads=1),
    dataset(10, "Copy/SQuAD", downloads=1_000_000),
    dataset(11, "lab/图像数据集", description="用于图像分类的中文数据集。", likes=2),
    dataset(12, "lab/japanese", description="日本語のテキスト", tags=("language:ja",)),
    dataset(13, "ecole/résumés", description="CV français, naïvement étiquetés"),
    dataset(14, "medical/things", description="radiology reports", tags=("license:mit", "medical")),
    dataset(15, "x/y", description="a medical corpus about things with license mit"),
    dataset(16, "squad", downloads=5),
    dataset(17, "huge/popular", downloads=10**9, likes=10**6, description="mentions squad once"),
    dataset(18, "odd/a\x00b", description="null \x00 byte \ud800 half", tags=("t\ud800", "")),
    dataset(19, "long/text", description="z" * 100_000 + " beyond", tags=("w" * 70_000, "short")),
    dataset(20, "long/last", description="word " * 3_000 + "needle"),
    dataset(21, "Stem/HTMLParser-LLMs", description="parses"),
]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> IndexReader:
    return build(tmp_path_factory.mktemp("index"), CATALOG)


@pytest.fixture(scope="module")
def find(reader: IndexReader) -> Find:
    return lambda words: list(reader.find(DatasetQuery(search=words, limit=50)).ids)


@pytest.mark.parametrize("typed", ["gsm8k", "gsm 8k", "GSM-8K", "Gsm_8K", "gsm 8 k", "GSM.8k"])
def test_one_name_in_all_its_spellings(find: Find, typed: str) -> None:
    """Case, separators and borders of digits make no difference to what is found."""
    found = find(typed)
    assert set(found) == {"openai/gsm8k", "someone/gsm8k", "other/GSM-8K", "kd/tiny-gsm8k-ru"}
    assert found[-1] == "kd/tiny-gsm8k-ru"


@pytest.mark.parametrize("typed", ["openorca", "OpenOrca", "open orca", "open-orca", "OPENORCA"])
def test_words_meet_whether_written_together_or_apart(find: Find, typed: str) -> None:
    """camelCase is two words and one; the exact name is above any popularity."""
    assert find(typed) == ["Open-Orca/OpenOrca", "fan/openorca-filtered"]


def test_exactness_comes_in_steps(find: Find) -> None:
    """Id as typed, id in another case, name as typed, name folded, then text; never popularity."""
    assert find("squad")[:4] == ["squad", "rajpurkar/squad", "copy/squad", "Copy/SQuAD"]
    assert find("squad")[-1] == "huge/popular"
    assert find("copy/squad")[:2] == ["copy/squad", "Copy/SQuAD"]
    assert find("Copy/SQuAD")[:2] == ["Copy/SQuAD", "copy/squad"]
    assert find("COPY/SQUAD")[0] in {"Copy/SQuAD", "copy/squad"}
    assert find("copy squad")[0] in {"Copy/SQuAD", "copy/squad"}
    assert find("  openai/gsm8k\n")[0] == "openai/gsm8k"


def test_popularity_decides_among_equals_only(find: Find) -> None:
    """Three datasets are called gsm8k: the one that people use is first."""
    assert find("gsm8k")[:2] == ["openai/gsm8k", "someone/gsm8k"]
    assert find("squad").index("rajpurkar/squad") < find("squad").index("copy/squad")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("question answering", {"rajpurkar/squad", "rajpurkar/squad_v2"}),
        ("task_categories:question-answering", {"rajpurkar/squad_v2"}),
        ("questionanswering", {"rajpurkar/squad_v2"}),
        ("rajpurkar squad stanford", {"rajpurkar/squad"}),
        ("squadv2", {"rajpurkar/squad_v2"}),
        ("license:mit", {"medical/things", "x/y"}),
        ("数据", {"lab/图像数据集"}),
        ("图像分类", {"lab/图像数据集"}),
        ("像数", {"lab/图像数据集"}),
        ("图集", set()),
        ("テキスト", {"lab/japanese"}),
        ("ﾃｷｽﾄ", {"lab/japanese"}),
        ("resumes FRANCAIS naivement", {"ecole/résumés"}),
        ("re\u0301sume\u0301s", {"ecole/résumés"}),
        ("html parser llms", {"Stem/HTMLParser-LLMs"}),
        ("LLMs", {"Stem/HTMLParser-LLMs"}),
        ("byte half", {"odd/a\x00b"}),
        ("short", {"long/text"}),
        ("needle", {"long/last"}),
        ("squad nothinglikeit", set()),
    ],
)
def test_every_word_must_match_somewhere(find: Find, typed: str, found: set[str]) -> None:
    """In id, name, author, description or tags, each word wherever it stands."""
    assert set(find(typed)) == found


def test_a_word_in_the_name_counts_more_than_in_a_tag_and_that_more_than_in_prose(
    tmp_path: Path,
) -> None:
    """Whatever the length of the texts around."""
    reader = build(
        tmp_path,
        [
            dataset(1, "a/one", description="zebra"),
            dataset(2, "b/two", tags=("zebra", "language:en")),
            dataset(3, "c/three-zebra-four"),
            dataset(4, "d/five", description="nothing of it"),
        ],
    )
    found = reader.find(DatasetQuery(search="zebra"))
    assert found.ids == ("c/three-zebra-four", "b/two", "a/one")


@pytest.mark.parametrize("typed", ["!!!", "---", "🤗", "\u200b", '"', "*", "/", "\x00"])
def test_a_text_without_a_word_finds_nothing(find: Find, typed: str) -> None:
    """Punctuation is no word, and not everything either."""
    assert find(typed) == []


OPERATORS = """ "question answering" | +squad -squad | name:squad | squad^5 | squad~ | squa* |
(squad | squad) | [a TO z] | squad AND OR NOT | squad \\ | IN [1 2] | {} | /sq.*/ | <squad> """


@pytest.mark.parametrize("typed", [typed.strip() for typed in OPERATORS.split("|")])
def test_operators_are_only_text(find: Find, typed: str) -> None:
    """Whatever looks like syntax is folded away or is a word like any other."""
    plain = "".join(letter if letter.isalnum() else " " for letter in typed).strip()
    assert set(find(typed)) == set(find(plain) if plain else [])


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(typed=st.text(min_size=1, max_size=1000).filter(str.strip))
def test_any_text_is_answered(reader: IndexReader, typed: str) -> None:
    """Nothing that can be typed is an error."""
    hits = reader.find(DatasetQuery(search=typed, limit=5))
    assert hits.total >= len(hits.ids)


LONGEST = {
    "digits": "9" * 1000,
    "letters": "x" * 1000,
    "borders": "aA" * 500,
    "words": " ".join(f"a{number}" for number in range(170)),
    "characters": "".join(chr(0x4E00 + number) for number in range(1000)),
    "one character": "\u6578" * 1000,
    "separators": "-" * 1000,
}


@pytest.mark.parametrize("typed", LONGEST.values(), ids=LONGEST)
def test_the_longest_texts_are_answered(find: Find, typed: str) -> None:
    """A thousand characters of anything."""
    assert find(typed[:1000]) == []


def test_every_dataset_is_found_by_its_own_id(find: Find) -> None:
    """Also those whose strings nobody can type."""
    for some in CATALOG:
        assert find(some.id)[0] == some.id
