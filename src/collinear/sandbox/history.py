"""Commits, branches and tags of a dataset, made up from its identity."""

from collections.abc import Sequence
from typing import NamedTuple

from collinear.domain import moments
from collinear.sandbox.fill import digest, moment
from collinear.sandbox.world import Commit, World

CONVERTED = "refs/convert/parquet"
_TITLES = (
    "Update README.md",
    "Upload dataset",
    "Upload folder using huggingface_hub",
    "Add test split",
    "Fix a typo in the card",
    "Delete duplicate rows",
    "Convert to Parquet",
    "Update data/train-00000-of-00001.parquet",
    "Set the license",
    "Merge pull request #2",
)


class Revision(NamedTuple):
    """What a branch, tag or commit stands for."""

    commit: str
    place: int
    """How many commits of `main` are newer; 0 also for the converted branch."""
    converted: bool = False


class Entry(NamedTuple):
    """One commit."""

    sha: str
    title: str
    message: str
    date: str


class History:
    """All commits of one dataset, newest first."""

    def __init__(self, world: World, slot: int) -> None:
        self._hub_id = world.hub_ids[slot]
        row = world.row(slot)
        current = Commit(str(row.get("sha", "")), str(row.get("lastModified", "")))
        heads: list[Commit] = [*world.heads.get(slot, ()), current]
        self._later = heads[1:]
        self._made_up_head = heads[0]
        self._created = moments.parse(str(row.get("createdAt", ""))) or 0
        number = int.from_bytes(digest(self._hub_id, "commits")[:4], "big")
        self._made_up = 1_200 if number % 53 == 0 else 1 + number // 53 % 60
        self._tagged = number % 4 == 0

    def __len__(self) -> int:
        return self._made_up + len(self._later)

    @property
    def head(self) -> str:
        """The newest commit of `main`."""
        return self[0].sha

    def __getitem__(self, place: int) -> Entry:
        """The commit so many places behind the newest."""
        if place < len(self._later):
            sha, date = self._later[len(self._later) - 1 - place]
            return Entry(sha, "Update README.md", "", date)
        number = len(self) - 1 - place
        if number < 0:
            raise IndexError(place)
        return Entry(self._sha(number), *self._words(number), self._date(number))

    def slice(self, start: int, end: int) -> Sequence[Entry]:
        """The commits from one place up to another."""
        return [self[place] for place in range(start, min(end, len(self)))]

    def find(self, revision: str) -> Revision | None:
        """What a name or a sha stands for; None where it stands for nothing."""
        if revision in {"main", "HEAD", "refs/heads/main"}:
            return Revision(self.head, 0)
        if revision == CONVERTED:
            return Revision(self.converted, 0, converted=True)
        for name, sha in self.tags():
            if revision in {name, f"refs/tags/{name}"}:
                return Revision(sha, len(self) - 1)
        if revision == "refs/pr/1":
            return Revision(self.proposed, 0)
        if len(revision) == 40:
            for place in range(len(self)):
                if self[place].sha == revision:
                    return Revision(revision, place)
        return None

    @property
    def converted(self) -> str:
        """The commit of the branch that the Hub makes by itself."""
        return digest(self._hub_id, "converted").hex()

    @property
    def proposed(self) -> str:
        """The commit of the one pull request."""
        return digest(self._hub_id, "proposed").hex()

    def tags(self) -> list[tuple[str, str]]:
        """Name and commit of each tag."""
        return [("v1.0", self[len(self) - 1].sha)] if self._tagged else []

    def _sha(self, number: int) -> str:
        if number == self._made_up - 1:
            return self._made_up_head.sha
        return digest(self._hub_id, "commit", number).hex()

    def _words(self, number: int) -> tuple[str, str]:
        if number == 0:
            return "initial commit", ""
        drawn = digest(self._hub_id, "title", number)
        message = "\n\n- the numbers in the card were out of date\n" if drawn[1] < 40 else ""
        return _TITLES[drawn[0] % len(_TITLES)], message

    def _date(self, number: int) -> str:
        last = self._made_up_head.date
        end = moments.parse(last)
        if number == self._made_up - 1 or end is None:
            return last
        span = max(0, end - self._created)
        return moment(self._created + span * number // max(1, self._made_up - 1))
