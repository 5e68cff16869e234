"""A search box that knows what one is about to type."""

from collections.abc import Callable
from pathlib import Path
from threading import enumerate as enumerate_threads

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collinear.domain.change import Serial
from collinear.domain.dataset import Dataset
from collinear.domain.errors import IndexNotReady
from collinear.search.index.writer import IndexWriter
from collinear.search.reader import IndexReader
from collinear.search.suggestions.suggesting import Suggester, Suggestions
from collinear.search.suggestions.vocabulary_reader import VocabularyReader
from tests.search.datasets import HEAP, SERIAL, build, dataset, rows
from tests.waiting import wait_until

QA = "task_categories:question-answering"
Asking = Callable[..., Suggestions]


def _datasets() -> list[Dataset]:
    known = [
        ("openai/gsm8k", {"downloads": 500_000, "tags": (QA, "license:mit")}),
        ("copycat/GSM-8K", {"downloads": 3, "tags": (QA,)}),
        ("openai/MMMLU", {"downloads": 90_000, "tags": ("multilingual",)}),
        ("rajpurkar/squad", {"downloads": 800_000, "tags": (QA, "license:cc-by-4.0")}),
        ("rajpurkar/squad_v2", {"downloads": 100_000, "tags": (QA, "license:cc-by-4.0")}),
        ("lucadiliello/newsqa-squad", {"downloads": 900_000}),
        ("HuggingFaceH4/ultrachat_200k", {"downloads": 50_000, "tags": ("license:mit",)}),
        ("Müller-Lab/Übersetzung", {"tags": ("language:de", "medizin")}),
        ("lab/医疗对话", {"tags": ("医学",)}),
        ("squad", {"downloads": 10}),
    ]
    crowd = [(f"crowd/part-{number}", {"tags": ("crowded",)}) for number in range(60)]
    return [
        dataset(ordinal, dataset_id, **fields)
        for ordinal, (dataset_id, fields) in enumerate([*known, *crowd])
    ]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Asking:
    suggester = Suggester(build(tmp_path_factory.mktemp("index"), _datasets(), commits=3))

    def ask(text: str, limit: int = 5) -> Suggestions:
        return suggester.suggest(text, limit)

    return ask


def names(found: Suggestions) -> list[str]:
    return [name.id for name in found.names]


def test_names_come_by_exactness_and_then_by_use(ask: Asking) -> None:
    """The name itself, what begins so, what has such a word; the most used of one name speaks."""
    found = ask("squad").names

    assert [(name.text, name.id) for name in found] == [
        ("squad", "rajpurkar/squad"),
        ("squad_v2", "rajpurkar/squad_v2"),
        ("newsqa-squad", "lucadiliello/newsqa-squad"),
    ]
    assert [name.count for name in found] == [2, 1, 1]


@pytest.mark.parametrize("text", ["gs", "GSM8", "gsm 8", "Gsm-8k", "gsm_8", "ＧＳＭ8", "gs\u00adm"])  # noqa: RUF001
def test_case_width_and_separators_say_nothing(ask: Asking, text: str) -> None:
    [found] = ask(text).names

    assert (found.text, found.count, found.id) == ("gsm8k", 2, "openai/gsm8k")


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("question ans", QA),
        ("answ", QA),
        ("task categories:question-answering", QA),
        ("MIT", "license:mit"),
        ("license:m", "license:mit"),
        ("医", "医学"),
        ("学", "医学"),
        ("de", "language:de"),
    ],
)
def test_tags_are_found_with_their_prefix_and_without(ask: Asking, text: str, tag: str) -> None:
    assert tag in [found.text for found in ask(text).tags]


def test_a_tag_says_which_filter_it_is_for_and_how_many_have_it(ask: Asking) -> None:
    [found] = ask("question ans").tags
    assert (found.count, found.filter, found.value) == (4, "task", "question-answering")

    [other] = ask("medi").tags
    assert (other.filter, other.value) == ("tag", "medizin")


@pytest.mark.parametrize("text", ["hugg", "face h", "H4", "HuggingFaceH4", "hugging-face"])
def test_authors_are_found_by_any_of_their_words(ask: Asking, text: str) -> None:
    [found] = ask(text).authors

    assert (found.text, found.count) == ("HuggingFaceH4", 1)


def test_accents_may_be_left_out(ask: Asking) -> None:
    assert names(ask("uberset")) == ["Müller-Lab/Übersetzung"]
    assert [author.text for author in ask("muller").authors] == ["Müller-Lab"]


def test_the_most_used_author_comes_first(ask: Asking) -> None:
    assert [(a.text, a.count) for a in ask("c").authors] == [("crowd", 60), ("copycat", 1)]


def test_an_id_that_is_being_typed_leads_to_the_names_of_that_author(ask: Asking) -> None:
    assert names(ask("openai/gs")) == ["openai/gsm8k"]
    assert names(ask("OpenAI/")) == ["openai/gsm8k", "openai/MMMLU"]
    assert names(ask("copycat/gsm")) == ["copycat/GSM-8K"]
    assert names(ask("nobody/squ")) == names(ask("nobody squ")) == []


def test_a_pasted_address_leads_to_its_dataset(ask: Asking) -> None:
    assert names(ask("https://huggingface.co/datasets/rajpurkar/squad_v2/tree/main")) == [
        "rajpurkar/squad_v2"
    ]


def test_words_that_stand_apart_find_a_name_too(ask: Asking) -> None:
    """The vocabulary knows beginnings; for the rest the index is asked."""
    assert names(ask("squad news")) == ["lucadiliello/newsqa-squad"]
    assert names(ask("rajpurkar squ")) == ["rajpurkar/squad", "rajpurkar/squad_v2"]


def test_there_are_at_most_so_many(ask: Asking) -> None:
    assert len(ask("part", 20).names) == 20
    assert len(ask("part", 1).names) == 1


@pytest.mark.parametrize("text", ["zzzz", "🎉", "***", "\x00", "--", "   ", "squad\tzzz"])
def test_nothing_found_is_no_error(ask: Asking, text: str) -> None:
    found = ask(text)

    assert (found.names, found.authors, found.tags) == ((), (), ())


@given(st.text(min_size=1, max_size=200))
def test_whatever_is_typed_is_answered(ask: Asking, text: str) -> None:
    found = ask(text, 3)

    assert max(len(found.names), len(found.authors), len(found.tags)) <= 3
    assert all(one.count > 0 for one in (*found.names, *found.authors, *found.tags))


def test_suggestions_follow_the_index(tmp_path: Path) -> None:
    """What came is suggested, what went is not, counts are those of the newest commit."""
    datasets = _datasets()
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        writer.rebuild()
        writer.put(rows(datasets[:5]))
        writer.commit(SERIAL)
        writer.publish()
        suggester = Suggester(IndexReader(tmp_path))
        assert [tag.count for tag in suggester.suggest("question", 5).tags] == [4]
        assert suggester.suggest("crowd", 5).authors == ()

        writer.put(rows(datasets[5:]))
        writer.put(rows([dataset(0, "openai/gsm8k-renamed")]))
        writer.commit(Serial("epoch", "6-0"))

        found = suggester.suggest("gsm", 5)
        assert names(found) == ["copycat/GSM-8K", "openai/gsm8k-renamed"]
        assert found.serial.endswith("6-0")
        assert [tag.count for tag in suggester.suggest("question", 5).tags] == [3]
        assert [author.count for author in suggester.suggest("crowd", 5).authors] == [60]


def test_a_large_vocabulary_is_read_again_beside_the_questions(tmp_path: Path) -> None:
    """Nobody waits for it: until it is read the old one answers."""
    with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
        writer.rebuild()
        writer.put(rows(_datasets()[:1]))
        writer.commit(SERIAL)
        writer.publish()
        index, vocabularies = IndexReader(tmp_path), VocabularyReader(quick=0, share=0)
        first = vocabularies.newest(index.commit())
        assert vocabularies.newest(index.commit()) is first

        writer.put(rows(_datasets()[1:]))
        writer.commit(Serial("epoch", "6-0"))

        wait_until(lambda: vocabularies.newest(index.commit()) is not first, "the new vocabulary")
        assert vocabularies.newest(index.commit()).authors.find("crowd", 5) == ["crowd"]
        assert first.authors.find("crowd", 5) == []


def test_the_first_question_need_not_wait(tmp_path: Path) -> None:
    """What is read beforehand is what a question would have read."""
    reader = build(tmp_path, _datasets())
    prepared, asked = Suggester(reader), Suggester(reader)
    prepared.prepare()
    wait_until(lambda: "vocabulary" not in {thread.name for thread in enumerate_threads()}, "it")

    assert prepared.suggest("squad", 5) == asked.suggest("squad", 5)


def test_without_an_index_there_is_nothing_to_suggest_from(tmp_path: Path) -> None:
    suggester = Suggester(IndexReader(tmp_path))
    suggester.prepare()
    with pytest.raises(IndexNotReady):
        suggester.suggest("squad", 5)
