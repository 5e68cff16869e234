"""A world that never was: any number of datasets with the shape of the real ones."""

import math
from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from collinear.sandbox.descriptions import Describer
from collinear.sandbox.fill import HORIZON, LEGACY_FLOOR, moment, object_id
from collinear.sandbox.growth import created_at
from collinear.sandbox.labels import label, many_labels
from collinear.sandbox.names import Namer
from collinear.sandbox.rowtext import Row
from collinear.sandbox.words import EMOJI, LANGUAGES, MODELS, PLACES, TASKS, TOPICS
from collinear.sandbox.world import World

_CHUNK = 1000
_CODES = tuple(LANGUAGES)
_PROFILES = 4_000
_LARGEST = 400 * 2**40
_NOBODY = "Data/Set"
_LEGACY = 400
"""So many datasets are older than the Hub's records; some of them have no namespace."""


class Made(NamedTuple):
    """A row, and an id under which the dataset used to be known."""

    row: Row
    former_id: str | None = None


def open_world(datasets: int, seed: int) -> World:
    """A generated world; the same arguments always make the same one."""
    world = World(derives_cards=True)
    former: list[tuple[str, int]] = []
    for place, made in enumerate(generate(datasets, seed)):
        row = made.row
        if row["id"] in world:
            row["id"] = f"{row['id']}-{place:x}"
        world.add(row)
        if made.former_id is not None:
            former.append((made.former_id, place))
    for former_id, place in former:
        if former_id not in world:
            world.redirects[former_id] = place
    return world


def generate(datasets: int, seed: int) -> Iterator[Made]:
    """
    The datasets in order of creation.

    All but the dates of a dataset depends on the seed and its place alone: the first thousand
    of a million are the first thousand of two thousand.
    """
    maker = _Maker(seed)
    legacy = min(_LEGACY, datasets // 40)
    for place in range(datasets):
        created = LEGACY_FLOOR
        if place >= legacy:
            created = created_at(place, datasets, floor=LEGACY_FLOOR, horizon=HORIZON)
        yield maker.make(place, created)


class _Profile(NamedTuple):
    """What many datasets have in common: language, task, number of rows, tags."""

    language: str
    task: str
    rows: int
    tags: list[str] | None


class _Maker:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._namer = Namer(seed)
        self._describer = Describer(seed)
        self._rng = Random(f"profiles {seed}")
        self._profiles = [_profile(self._rng) for _ in range(_PROFILES)]
        self._previous = _NOBODY

    def make(self, place: int, created: int) -> Made:
        """The dataset at a place; must be asked for one place after the other."""
        rng = self._rng
        if place % _CHUNK == 0:
            rng.seed(f"{self._seed} {place // _CHUNK}")
            self._previous = _NOBODY
        draw = rng.random
        topic = TOPICS[int(draw() * len(TOPICS))]
        profile = self._profiles[int(draw() * _PROFILES)]
        author: str | None = self._namer.author(rng)
        name = self._namer.dataset(rng, topic, profile.task)
        dataset_id, former_id = f"{author}/{name}", None
        if place % 1500 == 777:  # the same name again, in other letters
            author, _, other = self._previous.partition("/")
            dataset_id = f"{author}/{other.lower() if other != other.lower() else other.upper()}"
        elif place < _LEGACY and place % 40 == 3:
            author, dataset_id = None, f"{topic}_{place}"
        elif place < _LEGACY and place % 20 == 11:
            former_id = f"{name}_{place}"
        elif place % 350 == 200:
            former_id = f"{self._namer.author(rng)}/{name}"
        self._previous = dataset_id if author else _NOBODY
        row: Row = {"_id": object_id(created, place), "id": dataset_id}
        if author:
            row["author"] = author
        modified, later = created, draw()
        if later < 0.55:  # most of them soon after they were created
            modified += int((HORIZON - created) * (later / 0.55) ** 5) // 1000 * 1000
        row["sha"] = rng.randbytes(20).hex()
        row["createdAt"] = moment(created)
        row["lastModified"] = moment(modified)
        row["private"] = False
        row["gated"] = _gated(draw())
        row["disabled"] = False
        _count(row, rng)
        if draw() < 0.93:
            row["mainSize"] = min(int(math.exp(rng.gauss(15.2, 3.4))), _LARGEST)
        if profile.tags is not None:
            row["tags"] = profile.tags
        if place % 25_013 == 7:
            row["tags"] = many_labels(rng, 300 + int(draw() * 1500))
        if draw() < 0.86:
            facts = _facts(int(draw() * 2**48), topic, profile)
            facts["name"], facts["author"] = name, author or "the authors"
            row["description"] = self._describer.describe(rng, profile.language, facts)
        return Made(row, former_id)


def _profile(rng: Random) -> _Profile:
    language = _CODES[int(rng.random() ** 3 * len(_CODES))]
    task = TASKS[int(rng.random() ** 1.6 * len(TASKS))]
    rows = int(10 ** (1 + rng.random() * 6))
    tags = label(rng, language, task, rows) if rng.random() < 0.88 else None
    return _Profile(language, task, rows, tags)


def _facts(drawn: int, topic: str, profile: _Profile) -> dict[str, object]:
    """What a description mentions; one large random number decides it all."""
    drawn, year = divmod(drawn, 33)
    drawn, shards = divmod(drawn, 400)
    drawn, model = divmod(drawn, len(MODELS))
    drawn, city = divmod(drawn, len(PLACES))
    drawn, sign = divmod(drawn, len(EMOJI))
    return {
        "topic": topic.replace("-", " "),
        "task": profile.task.replace("-", " "),
        "language": LANGUAGES[profile.language],
        "count": f"{profile.rows:,}",
        "shards": shards + 1,
        "model": MODELS[model],
        "place": PLACES[city],
        "emoji": EMOJI[sign],
        "version": f"{1 + drawn % 4}.{drawn % 10}",
        "year": 1990 + year,
        "later": 1991 + year + drawn % (36 - year),
    }


def _gated(chance: float) -> bool | str:
    if chance < 0.03:
        return "auto"
    return "manual" if chance < 0.045 else False


def _count(row: Row, rng: Random) -> None:
    """Downloads, likes and trend: most have none, a few have nearly all."""
    draw = rng.random
    downloads = likes = 0
    if draw() > 2 / 3:
        downloads = 1 + int(math.exp(rng.gauss(3.2, 2.3)))
    row["downloads"] = downloads
    row["downloadsAllTime"] = downloads + int(math.exp(draw() * 4) * downloads + draw() * 60)
    if draw() < 0.08 + 0.02 * math.log1p(downloads):
        likes = 1 + int(math.exp(rng.gauss(0.3, 1.4)) * math.log1p(downloads))
    row["likes"] = likes
    chance = draw()
    if chance < 0.1:
        row["trendingScore"] = 1 + int(draw() ** 6 * (likes + 3))
    elif chance < 0.88:
        row["trendingScore"] = 0
