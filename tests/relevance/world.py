"""
A small world of datasets whose truth is known, because it was decided before they were made.

It has what makes the real catalog hard to search: a few works that everybody means, each among
many unused copies; versions and translations; topics that one dataset has in its name, another
in its tags and a third only in its prose; and traps that hold the words in the wrong place.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from collinear.domain.dataset import Dataset
from tests.relevance.topics import (
    HOUSES,
    LICENCES,
    MODALITIES,
    PLAIN,
    PROSE,
    SPANS,
    TOPICS,
    Topic,
)
from tests.relevance.works import LANGUAGES, WORKS, Work
from tests.search.datasets import dataset

USED = 1_000
"""Downloads a month from which people use a dataset."""
_PLAIN_ONES = 1_500
_FORKED = {
    "ysum",
    "mbpq",
    "sst9",
    "opus-200",
    "multi_nlj",
    "bg_news",
    "ai2_ark",
    "hh-rlaif",
    "glow",
}
"""Works with an offshoot that is used far more than they are."""
_ITS_LANGUAGES = ("en", "de", "fr", "en", "es", "zh", "en", "de")


@dataclass(frozen=True, slots=True)
class Fact:
    """What is true of a dataset, whatever its text says."""

    role: str
    """original, mirror, copy, offshoot, version, translation; about, mention; trap, plain."""
    work: str = ""
    topic: str = ""
    where: str = ""
    """Where a topic shows: name, tag or prose."""
    language: str = ""
    licence: str = ""
    modality: str = ""
    task: str = ""
    also: bool = False
    """Whether the description holds the topic's other words."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A dataset and what is true of it."""

    dataset: Dataset
    fact: Fact

    @property
    def id(self) -> str:
        return self.dataset.id

    @property
    def is_used(self) -> bool:
        return (self.dataset.downloads or 0) >= USED


def create_world(seed: int = 11) -> list[Entry]:
    """
    All of it, in no particular order of creation; the same seed always makes the same world.

    The real catalog has the originals first; here that must not decide between equals.
    """
    rnd = Random(seed)
    made = list(_Maker(rnd).make())
    rnd.shuffle(made)
    return [
        Entry(replace(entry.dataset, hub_id=dataset(place, "x").hub_id), entry.fact)
        for place, entry in enumerate(made, 1)
    ]


class _Maker:
    def __init__(self, rnd: Random) -> None:
        self._rnd = rnd
        self._taken: set[str] = set()

    def make(self) -> Iterator[Entry]:
        for work in WORKS:
            yield from self._around(work)
        for topic in TOPICS:
            yield from self._about(topic)
        yield from self._spans()
        yield from self._traps()
        for _ in range(_PLAIN_ONES):
            fact = self._fact("plain", also=False)
            yield self._entry(self._plain_id(), fact, self._prose(), self._unused())

    def _around(self, work: Work) -> Iterator[Entry]:
        """An original, what its author made of it, and what others did."""
        first = Fact("original", work.id, language="en", task=work.task, licence="mit")
        about = f"{work.about[0].upper()}{work.about[1:]}."
        yield self._entry(work.id, first, f"{about} {self._prose()}", work.downloads)
        for name in work.versions:
            fact = replace(first, role="version")
            yield self._entry(f"{work.author}/{name}", fact, self._prose(), work.downloads // 9)
        for code in work.languages:
            fact = replace(first, role="translation", language=code)
            text = f"{LANGUAGES[code]} edition of {work.name}."
            yield self._entry(f"tolk-lab/{work.name}-{code}", fact, text, self._some())
        if work.downloads > 100_000:
            fact = replace(first, role="mirror")
            yield self._entry(f"mirror-house/{work.name}", fact, about, 2_500)
        if work.name in _FORKED:
            fact = replace(first, role="offshoot")
            fork = f"{work.name}-forks/{work.name}-plus-{work.name}"
            yield self._entry(fork, fact, about, 20_000_000, (work.name,))
        for number in range(work.copies):
            name, same = self._renamed(work.name, number)
            fact = replace(first, role="copy" if same else "offshoot")
            said = self._rnd.choice([None, None, about, self._prose()])
            yield self._entry(f"{self._nobody()}/{name}", fact, said, self._unused())

    def _renamed(self, name: str, number: int) -> tuple[str, bool]:
        """What somebody calls a copy, and whether that is still the same name."""
        if number % 2 == 0:
            return (name, name.lower(), re.sub("[-_]", "", name))[number // 2 % 3], True
        suffix = self._rnd.choice(["copy", "test", "filtered", "10k", "sft", "mini", "new", "dpo"])
        mark = self._rnd.choice("-_")
        prefix = self._rnd.choice(["", "", f"my{mark}"])
        return f"{prefix}{self._rnd.choice([name, name.lower()])}{mark}{suffix}", False

    def _about(self, topic: Topic) -> Iterator[Entry]:
        for number in range(8):
            used = self._some() if number % 4 == 0 else self._unused()
            yield self._of_topic(topic, "name", self._topical_name(topic, number), number, used)
            yield self._of_topic(topic, "tag", self._plain_name(), number, used)
            yield self._of_topic(topic, "prose", self._plain_name(), number, used)
        for number in range(6):
            fact = self._fact("mention", topic=topic.words)
            text = f"{self._prose()} {self._prose()} Among much else, a little {topic.noun}."
            used = self._some() if number == 0 else self._unused()
            yield self._entry(self._plain_id(), fact, f"{text} {self._prose()}", used)
        for number in range(3):
            fact = self._fact("trap", topic=topic.words)
            dataset_id = f"{topic.slug}-fans/{self._plain_name()}-{number}"
            yield self._entry(dataset_id, fact, self._prose(), self._some())

    def _of_topic(self, topic: Topic, where: str, name: str, number: int, downloads: int) -> Entry:
        fact = Fact(
            "about",
            topic=topic.words,
            where=where,
            language=_ITS_LANGUAGES[number],
            licence=LICENCES[(number + len(where)) % len(LICENCES)],
            modality=self._rnd.choice(MODALITIES),
            also=number % 2 == 0,
        )
        parts = [self._prose()]
        if where == "prose":
            parts[:0] = [f"This is about {topic.noun}: {topic.noun} of many kinds."]
        if fact.also:
            parts.append(f"With {' and '.join(topic.also)}.")
        if fact.language != "en" and number % 3:
            parts.append(f"All of it is {LANGUAGES[fact.language]}.")
        more = (topic.slug,) if where == "tag" or (where == "name" and number % 2) else ()
        house = HOUSES[(number + len(topic.words)) % len(HOUSES)]
        return self._entry(f"{house}/{name}", fact, " ".join(parts), downloads, more)

    def _topical_name(self, topic: Topic, number: int) -> str:
        plain = self._rnd.choice(PLAIN)
        slug = topic.slug if number % 3 else topic.slug.replace("-", "_")
        camel = topic.words.title().replace(" ", "") + plain.title()
        return (f"{slug}-{plain}", f"{plain}_{slug}", camel, f"{slug}-{number}")[number % 4]

    def _spans(self) -> Iterator[Entry]:
        """Task and language, said by tags alone."""
        for task, code in SPANS:
            for number in range(6):
                fact = replace(self._fact("plain"), task=task, language=code)
                used = self._some() if number == 0 else self._unused()
                yield self._entry(self._plain_id(), fact, self._prose(), used)

    def _traps(self) -> Iterator[Entry]:
        """Much used datasets that hold many words, and are not what they mean."""
        names = " ".join([work.name for work in WORKS])
        yield self._entry("scoreboards/results", Fact("trap"), f"Scores on {names}.", 9_000_000)
        nouns = ", ".join([topic.noun for topic in TOPICS])
        yield self._entry("scoreboards/index", Fact("trap"), f"Links to {nouns}.", 8_000_000)
        for number, text in enumerate(
            (
                "Sign up to learn the language of flowers.",
                "The news of a fake lake.",
                "Legal notes, and contracts of another kind.",
                "Court the rulings of taste.",
                "Prices without stock.",
                "A point of view above the clouds.",
                "Hate it or love it: a speech.",
                "写手的画、诗人在唐人街",
                "医院里的话",
                "語日の本",
            )
        ):
            yield self._entry(f"trapdoor/{PLAIN[number]}-x{number}", Fact("trap"), text, 50_000)

    def _fact(self, role: str, **more: Any) -> Fact:
        language = self._rnd.choice(["en", "en", "en", "de", "fr", "es", "zh"])
        licence, modality = self._rnd.choice(LICENCES), self._rnd.choice(MODALITIES)
        return Fact(role, language=language, licence=licence, modality=modality, **more)

    def _entry(
        self,
        dataset_id: str,
        fact: Fact,
        description: str | None,
        downloads: int,
        more: tuple[str, ...] = (),
    ) -> Entry:
        while dataset_id in self._taken:
            dataset_id += f"-{self._rnd.choice(PLAIN)}"
        self._taken.add(dataset_id)
        tags = (
            ("task_categories:", fact.task),
            ("language:", fact.language),
            ("license:", fact.licence),
            ("modality:", fact.modality),
        )
        made = dataset(
            0,
            dataset_id,
            description=description,
            downloads=downloads,
            likes=downloads // 70,
            tags=(*[prefix + value for prefix, value in tags if value], *more, "region:us"),
        )
        return Entry(made, fact)

    def _prose(self) -> str:
        return self._rnd.choice(PROSE)

    def _plain_name(self) -> str:
        end = self._rnd.choice(["", "", "", "", "", "", "-data", "-dataset"])
        return f"{self._rnd.choice(PLAIN)}-{self._rnd.choice(PLAIN)}{end}"

    def _plain_id(self) -> str:
        return f"{self._nobody()}/{self._plain_name()}"

    def _nobody(self) -> str:
        return f"{self._rnd.choice(PLAIN)}{self._rnd.randrange(10, 9_999)}"

    def _unused(self) -> int:
        return int(self._rnd.random() ** 3 * 40)

    def _some(self) -> int:
        return self._rnd.randrange(USED, 20_000)
