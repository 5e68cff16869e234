"""The words people type find the dataset they mean, first."""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collinear.domain.errors import BadParameter
from collinear.domain.query import DatasetQuery
from collinear.search.index.writer import IndexWriter
from collinear.search.reader import IndexReader
from tests.search.datasets import HEAP, SERIAL, build, dataset, rows

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
        ("nothinglikeit", set()),
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


OPERATORS = """ +squad +v2 | name:squad | squad^5 | squad~ | squa* | (squad \\| squad) |
[a TO z] | squad AND OR NOT | squad \\ | IN [1 2] | {} | /sq.*/ | <squad> | squ?d | ^squad$ """


@pytest.mark.parametrize("typed", [typed.strip() for typed in re.split(r"(?<!\\)[|]", OPERATORS)])
def test_what_looks_like_syntax_is_only_text(find: Find, typed: str) -> None:
    """But for quotes and a minus, signs are folded away or separate words."""
    plain = "".join(letter if letter.isalnum() else " " for letter in typed).strip()
    assert set(find(typed)) == set(find(plain) if plain else [])


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(typed=st.text(min_size=1, max_size=1000).filter(str.strip))
def test_any_text_is_answered(reader: IndexReader, typed: str) -> None:
    """Nothing that can be typed is an error, but for being too much of it."""
    with suppress(BadParameter):  # there is too much of it
        hits = reader.find(DatasetQuery(search=typed, limit=5))
        assert hits.total >= len(hits.ids)


@pytest.mark.parametrize("typed", ["9" * 1000, "x" * 1000, "-" * 1000, '"' * 1000, "- " * 500])
def test_the_longest_texts_are_answered(find: Find, typed: str) -> None:
    """A thousand characters that are one word, or none."""
    assert find(typed) == []


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        (" ".join(f"a{number}" for number in range(170)), "170 words; at most 32"),
        ("-" + " -".join(f"a{number}" for number in range(33)), "33 words; at most 32"),
        ("aA" * 500, "more than 200 parts"),
        ("".join(chr(0x4E00 + number) for number in range(1000)), "more than 200 parts"),
    ],
)
def test_more_than_can_be_looked_for_is_refused(find: Find, typed: str, reason: str) -> None:
    """Each word costs time: the bound is said, and nothing is cut off in silence."""
    with pytest.raises(BadParameter, match=reason) as refused:
        find(typed[:1000])
    assert refused.value.name == "search"


def test_every_dataset_is_found_by_its_own_id(find: Find) -> None:
    """Also those whose strings nobody can type."""
    for some in CATALOG:
        assert find(some.id)[0] == some.id


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("m", {"medical/things"}),
        ("me", {"medical/things"}),
        ("med", {"medical/things", "x/y"}),
        ("medica", {"medical/things", "x/y"}),
        ("rajpurkar/squ", {"rajpurkar/squad", "rajpurkar/squad_v2"}),
        ("open or", {"Open-Orca/OpenOrca", "fan/openorca-filtered"}),
        ("openor", {"Open-Orca/OpenOrca", "fan/openorca-filtered"}),
        ("gsm8", {"openai/gsm8k", "someone/gsm8k", "other/GSM-8K", "kd/tiny-gsm8k-ru"}),
        ("question answ", {"rajpurkar/squad", "rajpurkar/squad_v2"}),
        ("radiol", {"medical/things"}),
        ("中", {"lab/图像数据集"}),
    ],
)
def test_the_last_word_is_found_while_it_is_typed(find: Find, typed: str, found: set[str]) -> None:
    """One or two letters find names and authors, more of them all that begins so."""
    assert set(find(typed)) == found


def test_only_the_last_word_is_unfinished_and_a_blank_finishes_it(find: Find) -> None:
    """Nor is a word in quotes."""
    assert find("radiol reports") == ["medical/things"]  # as the next best: "radiol" is dropped
    assert set(find("squad ")) == set(find('"squad"'))
    assert "rajpurkar/squad" in find("squa")
    assert find('"squa"') == []
    assert find("squa -copy") == find("squa  -copy") == find("-copy squa ")  # squa is nowhere
    assert "rajpurkar/squad" in find("-copy squa")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("the medical dataset", {"medical/things", "x/y"}),
        ("dataset of radiology", {"medical/things"}),
        ("radiology datasets", {"medical/things"}),
        ("the", set()),
        ("dataset", set()),
    ],
)
def test_what_is_said_of_every_dataset_is_not_looked_for(
    find: Find, typed: str, found: set[str]
) -> None:
    """Unless there is nothing else, or it is in quotes, or still being typed."""
    assert set(find(typed)) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ('"question answering"', {"rajpurkar/squad", "rajpurkar/squad_v2"}),
        ('"answering question"', set()),
        ('"stanford question"', {"rajpurkar/squad"}),
        ('"radiology reports" medical', {"medical/things"}),
        ("“radiology reports”", {"medical/things"}),
        ('"gsm 8k" ru', {"kd/tiny-gsm8k-ru"}),
        ('"图像数据"', {"lab/图像数据集"}),
        ('"数据图像"', set()),
        ('"license mit"', {"medical/things", "x/y"}),
        ('"unfinished quote', set()),
        ('"corpus about things with license"', {"x/y"}),
        ('"things with license"', {"x/y"}),
        ('"things license"', set()),
        ('"with license"', {"x/y"}),
        ('"the license mit"', {"x/y"}),
    ],
)
def test_a_phrase_is_found_as_it_stands(find: Find, typed: str, found: set[str]) -> None:
    """In the order of its words, in name, tags or description."""
    assert set(find(typed)) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("squad -copy -mentions", {"squad", "rajpurkar/squad", "rajpurkar/squad_v2"}),
        ("gsm8k -ru -someone", {"openai/gsm8k", "other/GSM-8K"}),
        ('medical -"radiology reports"', {"x/y"}),
        ("medical -license:mit", set()),
        ("squad -squad", set()),
        ("gsm8k -gsm-8k", set()),
        ("open-orca -fan", {"Open-Orca/OpenOrca"}),
        ("gsm8k -openai/gsm8k -ru", {"someone/gsm8k", "other/GSM-8K"}),
        ("gsm8k - ru", {"kd/tiny-gsm8k-ru"}),
    ],
)
def test_a_minus_leaves_out(find: Find, typed: str, found: set[str]) -> None:
    """Also phrases; in the midst of a word it only separates."""
    assert set(find(typed)) == found


def test_leaving_out_alone_is_the_rest_of_the_catalog(find: Find) -> None:
    """What is left when nothing is wanted in particular."""
    assert set(find("-squad")) == {some.id for some in CATALOG} - set(find("squad "))


@pytest.mark.parametrize(
    "typed",
    [
        "openai/gsm8k",
        "https://huggingface.co/datasets/openai/gsm8k",
        "https://huggingface.co/datasets/openai/gsm8k/tree/main/data?show=1#top",
        "huggingface.co/datasets/openai/gsm8k/",
        "http://127.0.0.1:9000/datasets/OpenAI/GSM8K/viewer",
        "hf://datasets/openai/gsm8k/data/train.parquet",
        "hf://datasets/openai/gsm8k@main/data/train.parquet",
        "https://huggingface.co/datasets/openai/gsm8k.git",
        "<https://huggingface.co/datasets/openai/gsm8k>",
        "datasets/openai/gsm8k",
        " https://huggingface.co/datasets/openai%2Fgsm8k ",
        "openai gsm8k",
        "git clone https://huggingface.co/datasets/openai/gsm8k",
        "see https://huggingface.co/datasets/openai/gsm8k?x=1 for more",
        'load_dataset("openai/gsm8k")',
        "ds = load_dataset('openai/gsm8k', split='train')",
    ],
)
def test_an_id_or_address_finds_that_dataset_first(find: Find, typed: str) -> None:
    """However it was copied."""
    assert find(typed)[0] == "openai/gsm8k"


def test_the_address_of_a_dataset_without_a_namespace(find: Find) -> None:
    """The page of a dataset is none of its names."""
    for typed in ("https://huggingface.co/datasets/squad", "hf.co/datasets/squad/blob/main/a.md"):
        assert find(typed)[0] == "squad"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("parsing", "Stem/HTMLParser-LLMs"),
        ("parse", "Stem/HTMLParser-LLMs"),
        ("mention", "huge/popular"),
        ("things abouts", "x/y"),
        ("report", "medical/things"),
    ],
)
def test_english_words_meet_in_all_their_forms_in_descriptions(
    find: Find, typed: str, found: str
) -> None:
    """And there only: names and tags are looked for as they are."""
    assert find(typed)[0] == found


def test_names_and_tags_are_not_stemmed(tmp_path: Path) -> None:
    """A name is no prose."""
    reader = build(
        tmp_path,
        [
            dataset(1, "a/banking"),
            dataset(2, "b/two", tags=("banking",)),
            dataset(3, "c/three", description="about banking"),
        ],
    )
    assert reader.find(DatasetQuery(search="banks ")).ids == ("c/three",)


def test_languages_are_found_by_their_names(tmp_path: Path) -> None:
    """The Hub has codes, people have names for them."""
    reader = build(
        tmp_path,
        [
            dataset(1, "a/one", tags=("language:de", "medical")),
            dataset(2, "b/two", tags=("language:fr", "medical")),
            dataset(3, "c/three", tags=("language:ja",)),
        ],
    )
    for typed, found in (
        ("german medical", "a/one"),
        ("Deutsch", "a/one"),
        ("français", "b/two"),
        ("japanese", "c/three"),
        ("日本語", "c/three"),
    ):
        assert reader.find(DatasetQuery(search=typed)).ids == (found,), typed


def test_an_id_that_is_being_typed_finds_those_of_its_namespace_first(tmp_path: Path) -> None:
    """Whoever else has the words, and is used more."""
    reader = build(
        tmp_path,
        [
            dataset(1, "openai/gsm8k", downloads=5),
            dataset(2, "kd/openai-gsm8k-gs", downloads=10**8),
            dataset(3, "openai/other", downloads=10**8),
        ],
    )
    for typed in ("openai/gs", "openai/gsm8", "OpenAI/g", "openai/gsm8k"):
        assert reader.find(DatasetQuery(search=typed)).ids[0] == "openai/gsm8k", typed
    assert set(reader.find(DatasetQuery(search="openai/")).ids[:2]) == {
        "openai/gsm8k",
        "openai/other",
    }


def test_a_misspelt_word_is_no_form_of_another(tmp_path: Path) -> None:
    """However the stemmer cuts it: that would keep its typo from being forgiven."""
    many = [dataset(n, f"a/{n}", description="images and an image") for n in range(5)]
    reader = build(tmp_path, [*many, dataset(9, "b/imagenet")])
    assert reader.find(DatasetQuery(search="imageent")).ids == ("b/imagenet",)


def test_equal_matches_keep_their_places_when_some_are_written_again(tmp_path: Path) -> None:
    """A walk by relevance meets everyone once, whatever is committed between its pages."""
    same = [dataset(n, f"acme/same-{n}", likes=n % 3) for n in range(300)]
    reader = build(tmp_path, same)
    query = DatasetQuery(search="same", limit=20)
    seen: list[str] = []
    place = None
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        for start in range(0, 300, 20):
            hits = reader.find(query, after=place)
            seen += hits.ids
            place = hits.next
            writer.put(rows(same[start : start + 300 : 7]))
            writer.commit(SERIAL)
    assert place is None
    assert sorted(seen) == sorted(one.id for one in same)
