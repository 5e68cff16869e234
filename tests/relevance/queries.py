"""
What people type, and how well each dataset of the world answers it.

The grades follow from what is true of a dataset, never from what its text says.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from tests.relevance.measures import Judged
from tests.relevance.phrasings import (
    ADDRESSES,
    BEGINNINGS,
    EXCLUSIONS,
    FORMS,
    LICENSED,
    LICENSED_SOUNDS,
    NAMES_WITHOUT,
    NOBODY_HAS,
    NOBODY_HAS_TOPIC,
    NUMBERS,
    SCRIPTS,
    SENTENCES,
    SPELLINGS,
    TOPIC_BEGINNINGS,
    TOPIC_TYPOS,
    TRANSLATIONS,
    TYPOS,
    VERSIONS,
)
from tests.relevance.topics import HOUSES, SPANS, TOPICS
from tests.relevance.works import LANGUAGES, WORKS
from tests.relevance.world import Entry, Fact

Grade = Callable[[Entry], int]

_WORKS = {work.name: work.id for work in WORKS}
_RELATED = {"original": 3, "mirror": 2, "copy": 1, "version": 1, "offshoot": 1, "translation": 1}


def create_queries(world: Sequence[Entry]) -> list[Judged]:
    """All judged queries; none is without an answer."""
    queries = []
    for kind, typed, grade in _asked():
        grades = {entry.id: worth for entry in world if (worth := grade(entry))}
        if not grades:
            raise ValueError(f"nothing in the world answers {typed!r} ({kind})")
        queries.append(Judged(kind, typed, grades))
    return queries


def _asked() -> Iterator[tuple[str, str, Grade]]:
    for work in WORKS:
        if work.copies >= 7 and work.name.isascii():
            yield "bare name", work.name, _work(work.id)
    for kind, table in (
        ("other spelling", SPELLINGS),
        ("typo", TYPOS),
        ("while typing", BEGINNINGS),
        ("number", NUMBERS),
        ("script", SCRIPTS),
    ):
        for typed, name in table.items():
            yield kind, typed, _named(name)
    yield from _ids()
    yield from _versions()
    yield from _topics()
    yield from _labels()
    yield from _authors()
    yield from _syntax()


def _ids() -> Iterator[tuple[str, str, Grade]]:
    for place, work in enumerate(WORKS[2::4]):
        shapes = (work.id, work.id.lower(), work.id.replace("/", " "), work.id.replace("-", "_"))
        yield "id", shapes[place % 4], _only(work.id)
    for place, work in enumerate(WORKS[1::5]):
        yield "address", ADDRESSES[place % len(ADDRESSES)].format(id=work.id), _only(work.id)


def _versions() -> Iterator[tuple[str, str, Grade]]:
    for typed, dataset_id in VERSIONS.items():
        yield "version", typed, _only(dataset_id)
    for typed, (name, code) in TRANSLATIONS.items():
        yield "translation", typed, _translation(_WORKS[name], code)


def _topics() -> Iterator[tuple[str, str, Grade]]:
    for topic in TOPICS:
        yield "topic", topic.words, _about(topic.words)
    for typed, words in FORMS.items():
        yield "other form", typed, _labelled(topic=words, also=True)
    for typed, words in TOPIC_TYPOS.items():
        yield "typo", typed, _about(words)
    for typed, words in TOPIC_BEGINNINGS.items():
        yield "while typing", typed, _about(words)
    for typed, words in SENTENCES.items():
        yield "sentence", typed, _about(words)


def _labels() -> Iterator[tuple[str, str, Grade]]:
    for place, (task, code) in enumerate(SPANS):
        words, language = task.replace("-", " "), LANGUAGES[code].lower()
        shapes = (f"{words} {language}", f"{language} {words}", f"{task} {LANGUAGES[code]}")
        yield "task + language", shapes[place % 3], _labelled(task=task, language=code)
        yield "task + language", f"{task} language:{code}", _labelled(task=task, language=code)
    for words, code in (("medical", "de"), ("recipes", "fr"), ("tweets", "es"), ("poetry", "zh")):
        grade = _about(words, language=code)
        yield "topic + language", f"{LANGUAGES[code].lower()} {words}", grade
        yield "topic + language", f"{words} {code}", grade
    for typed, (licence, words) in LICENSED.items():
        yield "licence", typed, _about(words, licence=licence)
    for typed, (licence, modality) in LICENSED_SOUNDS.items():
        yield "licence", typed, _labelled(licence=licence, modality=modality)


def _authors() -> Iterator[tuple[str, str, Grade]]:
    for work in WORKS[3::6]:
        if work.author != work.name:
            yield "author + name", f"{work.author} {work.name}", _only(work.id)
            yield "author + name", f"{work.name} {work.author}", _only(work.id)
    for topic in TOPICS[::2]:
        house = HOUSES[len(topic.words) % len(HOUSES)]
        spelled = house.replace("-", " ").lower()
        yield "author + topic", f"{spelled} {topic.words}", _by(house, topic.words)
    for house in HOUSES[::2]:
        yield "author", house, _of(house)


def _syntax() -> Iterator[tuple[str, str, Grade]]:
    for topic in TOPICS:
        if " " in topic.words:
            yield "phrase", f'"{topic.words}"', _about(topic.words)
    for typed, words in EXCLUSIONS.items():
        yield "exclusion", typed, _about(words, also=False)
    for typed, (name, other) in NAMES_WITHOUT.items():
        yield "exclusion", typed, _without(_WORKS[name], other)
    for typed, name in NOBODY_HAS.items():
        yield "a word too many", typed, _named(name)
    for typed, words in NOBODY_HAS_TOPIC.items():
        yield "a word too many", typed, _about(words)


def _work(work_id: str) -> Grade:
    """The original, what goes by its name, and all that was made of it."""
    return lambda entry: _RELATED.get(entry.fact.role, 0) if entry.fact.work == work_id else 0


def _named(name: str) -> Grade:
    """A work by its name; or, by its id, a version of it."""
    return _only(name) if "/" in name else _work(_WORKS[name])


def _only(dataset_id: str) -> Grade:
    return lambda entry: 3 if entry.id == dataset_id else 0


def _translation(work_id: str, code: str) -> Grade:
    def grade(entry: Entry) -> int:
        if entry.fact.work != work_id:
            return 0
        return 3 if (entry.fact.role, entry.fact.language) == ("translation", code) else 0

    return grade


def _about(words: str, **wanted: str | bool) -> Grade:
    """
    What is about a topic: most of all by its name, or tagged and used; unused or in prose less.

    A dataset that only mentions it is better than nothing; one that is only by its fans is not.
    """

    def grade(entry: Entry) -> int:
        fact = entry.fact
        if fact.topic != words or not _fits(fact, wanted):
            return 0
        if fact.role == "about":
            named = fact.where == "name" or (fact.where == "tag" and entry.is_used)
            return 3 if named else 2
        return 1 if fact.role == "mention" else 0

    return grade


def _labelled(**wanted: str | bool) -> Grade:
    """What all this is true of, the used ones above the others."""

    def grade(entry: Entry) -> int:
        if not _fits(entry.fact, wanted):
            return 0
        return 3 if entry.is_used else 2

    return grade


def _fits(fact: Fact, wanted: Mapping[str, str | bool]) -> bool:
    return all(getattr(fact, name) == value for name, value in wanted.items())


def _of(author: str) -> Grade:
    return lambda entry: 3 if entry.dataset.author == author else 0


def _by(author: str, words: str) -> Grade:
    about = _about(words)
    return lambda entry: about(entry) if entry.dataset.author == author else 0


def _without(work_id: str, other: str) -> Grade:
    work = _work(work_id)
    return lambda entry: 0 if other in entry.id.lower() else work(entry)
