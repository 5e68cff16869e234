"""Marks stand around what was found, and nothing that a dataset says becomes markup."""

import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collinear.domain.query import DatasetQuery
from collinear.search.highlights.marking import SNIPPET, Highlighter, visible
from collinear.search.words.reading import Reading
from collinear.search.words.typed import read
from tests.search.datasets import build, dataset, document

MARK = re.compile("</?mark>")


def highlights(
    typed: str, *, forgiving: tuple[int, ...] = (), dropped: tuple[int, ...] = (), **fields: Any
) -> dict[str, Any]:
    known = {"id": "a/b", "description": None, "tags": []} | fields
    known["author"], _, known["name"] = known["id"].rpartition("/")
    words = Reading(read(typed), frozenset(forgiving), frozenset(dropped))
    return dict(Highlighter(words).highlights(known))


def in_prose(typed: str, text: str, **how: Any) -> str:
    found = highlights(typed, description=text, **how).get("description", text)
    assert isinstance(found, str)
    return found


def in_name(typed: str, name: str, **how: Any) -> str:
    found = highlights(typed, id=f"a/{name}", **how).get("name", name)
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize(
    ("typed", "name", "marked"),
    [
        ("gsm8k", "GSM-8K", "<mark>GSM-8K</mark>"),
        ("gsm 8k", "gsm8k-test", "<mark>gsm8k</mark>-test"),
        ("GSM-8K", "my_gsm8k", "my_<mark>gsm8k</mark>"),
        ("open orca", "OpenOrca", "<mark>OpenOrca</mark>"),
        ("openorca", "open-orca", "<mark>open-orca</mark>"),
        ("html parser", "HTMLParser", "<mark>HTMLParser</mark>"),
        ("parser x", "HTMLParser2", "HTML<mark>Parser</mark>2"),
        ("ques", "question", "<mark>ques</mark>tion"),
        ("ques x", "question", "question"),
        ("q", "question", "<mark>q</mark>uestion"),
        ("cafe", "Café", "<mark>Café</mark>"),
        ("caf", "Cafe\u0301", "<mark>Cafe\u0301</mark>"),  # letters that cannot be counted
        ("übung", "ubung", "<mark>ubung</mark>"),
        ("数据", "医疗数据集", "医疗<mark>数据</mark>集"),
        ("questions", "question", "question"),
        ("s-q-u-a-d", "squad", "<mark>squad</mark>"),
    ],
)
def test_names_are_marked_as_they_were_found(typed: str, name: str, marked: str) -> None:
    assert in_name(typed, name) == marked


@pytest.mark.parametrize(
    ("typed", "text", "marked"),
    [
        ("runs ", "He was running.", "He was <mark>running</mark>."),
        (
            "study ",
            "studies, studied, student",
            "<mark>studies</mark>, <mark>studied</mark>, student",
        ),
        ("benched ", "a BenChing", "a <mark>BenChing</mark>"),
        ("openorca ", "open orca; OpenOrca", "open orca; <mark>OpenOrca</mark>"),
        ("gsm8k ", "gsm 8k, gsm 80k", "<mark>gsm 8k</mark>, gsm 80k"),
        ('"new york"', "York is new. New York!", "York is new. <mark>New York</mark>!"),
        ("squad -news", "news squad", "news <mark>squad</mark>"),
        ("한국어", "한국어 데이터", "<mark>한국어</mark> 데이터"),
        ("x <b>", "<b>x</b>", "&lt;<mark>b</mark>&gt;<mark>x</mark>&lt;/<mark>b</mark>&gt;"),
    ],
)
def test_descriptions_are_marked_as_they_were_found(typed: str, text: str, marked: str) -> None:
    """With the other forms of a word, but not with words that only look so in one."""
    assert in_prose(typed, text) == marked


def test_typos_are_marked_where_they_were_forgiven() -> None:
    assert in_prose("qeustion", "A question.") == "A question."
    assert in_prose("qeustion", "A question.", forgiving=(0,)) == "A <mark>question</mark>."
    assert in_name("OpnOrca", "OpenOrca", forgiving=(0,)) == "<mark>OpenOrca</mark>"
    assert in_name("opnorca", "open-orca", forgiving=(0,)) == "<mark>open-orca</mark>"
    assert in_name("clasification", "cassification", forgiving=(0,)) == "<mark>cassification</mark>"
    # the first letter and digits are never altered, short words not at all
    assert in_name("puestion", "question", forgiving=(0,)) == "question"
    assert in_name("mmlu2024", "mmlu2025", forgiving=(0,)) == "mmlu2025"
    assert in_name("text", "test", forgiving=(0,)) == "test"


def test_dropped_words_are_not_marked() -> None:
    assert in_prose("foo bar", "foo bar", dropped=(0,)) == "foo <mark>bar</mark>"


def test_each_field_is_there_if_something_was_found_in_it() -> None:
    found = highlights(
        "openai math",
        id="openai/math-1",
        description="Nothing to see.",
        tags=["math-word-problems", "license:mit", "by-openai"],
    )

    assert found == {
        "id": "<mark>openai</mark>/<mark>math</mark>-1",
        "name": "<mark>math</mark>-1",
        "author": "<mark>openai</mark>",
        "tags": ["<mark>math</mark>-word-problems", "by-<mark>openai</mark>"],
    }
    assert highlights("***", id="a/b", description="c") == {}


def test_a_language_is_marked_where_its_name_was_typed() -> None:
    assert highlights("german", tags=["language:de"])["tags"] == ["language:<mark>de</mark>"]


def test_of_a_long_description_the_densest_passage_is_shown() -> None:
    filler = "nothing of interest here and there " * 30
    text = f"{filler}squad {filler}squad reading squad comprehension squad {filler}"
    found = in_prose("squad reading comprehension", text)

    assert found.startswith("…")
    assert found.endswith("…")
    assert found.count("<mark>") == 5
    assert len(MARK.sub("", found)) <= SNIPPET + 2
    assert not re.search("…[^ ]*th ", found)  # words are whole


def test_huge_texts_take_no_longer_than_large_ones() -> None:
    """Seven hundred thousand characters, eighteen hundred tags, one endless word."""
    found = highlights(
        "word",
        description="word " * 140_000,
        tags=[f"word-{number}" for number in range(1_800)],
        id="a/" + "word" * 5_000,
    )

    assert len(found["description"]) < 2_000
    assert len(found["tags"]) == 1_800


def test_the_time_for_a_text_grows_with_its_length_alone() -> None:
    """Chinese has no blanks: a whole description is one run of as many parts as characters."""
    marks = Highlighter(Reading(read("数据集")))

    def seconds(length: int) -> float:
        text = ("医疗数据集" * length)[:length]
        start = process_time()
        marks.highlights({"id": "a/b", "author": "a", "tags": [], "description": text})
        return process_time() - start

    short, long = (min(seconds(length) for _ in range(7)) for length in (300, 4_800))
    assert long < 40 * short  # sixteen times as much text


def test_of_an_endless_tag_the_beginning_is_marked() -> None:
    """Nobody can ask for such a tag as a filter; it is shown whole."""
    found = highlights("word", tags=["word " + "word-" * 1_000])["tags"][0]

    assert MARK.sub("", found) == "word " + "word-" * 1_000
    assert found.count("<mark>") == 60


class Markup(HTMLParser):
    """Reads HTML and keeps what is markup in it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[Any] = []
        self.other: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[Any]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_decl(self, decl: str) -> None:
        self.other.append(decl)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)


def texts(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for field, value in found.items():
        for text in value if isinstance(value, list) else [value]:
            yield field, text


_SIGNS = "< > & ' \" <mark> </mark> <script> &lt; &#60; <!-- a word words é e\u0301 ß 数据 İ ﬁ"
_PIECES = st.sampled_from([*_SIGNS.split(), " ", "\u202e", "\u2066", "\x00", "\n", "\ud83d"])
_TEXTS = st.one_of(st.text(max_size=40), st.lists(_PIECES, max_size=200).map("".join))


@given(
    typed=st.one_of(st.sampled_from(["word a é", "mark script", "lt gt amp", "数据"]), _TEXTS),
    text=_TEXTS,
    tag=_TEXTS,
    forgiving=st.booleans(),
)
@example(typed="mark", text="</mark><img src=x onerror=alert(1)>", tag="<mark>", forgiving=False)
@example(typed="a", text="\u202ea", tag="\ud83d<", forgiving=True)
def test_nothing_that_a_dataset_says_becomes_markup(
    typed: str, text: str, tag: str, forgiving: bool
) -> None:
    """Without its marks, a highlighted text is a passage of the text, and only marks are tags."""
    places = tuple(range(len(read(typed).words))) if forgiving else ()
    found = highlights(typed, forgiving=places, id=f"x/{text}", description=text, tags=[tag])
    sources = {"id": f"x/{text}", "name": text.rpartition("/")[2], "author": f"x/{text}",
               "description": text, "tags": tag}  # fmt: skip

    for field, html in texts(found):
        plain = unescape(MARK.sub("", html).strip("…"))
        assert plain in visible(sources[field])
        markup = Markup()
        markup.feed(html)
        markup.close()
        assert markup.tags == ["mark", "/mark"] * (len(markup.tags) // 2)
        assert markup.tags
        assert not markup.attributes
        assert not markup.other
        assert not re.search(
            "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", html
        )
        assert "<mark></mark>" not in html


def test_what_was_found_by_its_words_has_a_mark(tmp_path: Path) -> None:
    """The marks and the search agree on what a word is."""
    datasets = [
        dataset(0, "openai/gsm8k", description="Grade school math.", tags=("language:en",)),
        dataset(1, "Open-Orca/OpenOrca", description="Augmented FLAN collection."),
        dataset(2, "lab/医疗数据", description="这是医疗的数据集。"),
        dataset(3, "x/y", description="Studies of running questions.", tags=("gsm-8k", "NewYork")),
        dataset(4, "ünïcode/Straße", description="HTMLParsers and l'été."),
    ]
    by_id = {some.id: document(some) for some in datasets}
    reader = build(tmp_path, datasets)
    for typed in (
        "gsm 8k", "GSM8", "open orca", "opnorca", "openroca", "医疗", "数据集", "study ",
        "question",
        "new york", "strasse", "html parser", "ete", "english", "gsm8k zebra", "op", "grade schol",
        "unicode strasse", "straße", "openai/gsm8k", "runs",
    ):  # fmt: skip
        hits = reader.find(DatasetQuery(search=typed))
        assert hits.ids, typed
        assert hits.reading is not None
        marks = Highlighter(hits.reading)
        for dataset_id in hits.ids:
            assert marks.highlights(by_id[dataset_id]), (typed, dataset_id)
