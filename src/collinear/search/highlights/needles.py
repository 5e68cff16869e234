"""What a reading of typed words looks for in a text, letter by letter."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from collinear.search.highlights.located import Part
from collinear.search.text.analysis import MAX_PART, guard
from collinear.search.text.english import stem
from collinear.search.words.matching import mistakes
from collinear.search.words.reading import Reading
from collinear.search.words.typed import Word

_SHORT = 2
"""Letters of a beginning that is looked for in names and authors only."""
_LEAST_STEM = 3


class Manner(NamedTuple):
    """How a kind of text is searched."""

    prose: bool = False
    """Words have other forms, and neighbours are no compound."""
    short: bool = False
    """Also beginnings of one or two letters are found."""


class Needle(NamedTuple):
    """One word, or two that may stand there in one."""

    letters: str
    borders: frozenset[int]
    """Where one of its parts ends: prose may have a blank there."""
    unfinished: bool
    stem: str | None = None
    mistakes: int = 0
    junction: int | None = None
    """Where the first of two words ends: apart they are found by themselves."""

    def end(self, parts: Sequence[Part], place: int, manner: Manner) -> int | None:
        """Where the word ends in the text if it begins with this part; None where it is none."""
        part = parts[place]
        folded, letters = part.folded, self.letters
        if folded == letters:
            return part.end
        if len(folded) > len(letters):
            if self._may_begin(manner) and folded.startswith(letters):
                return part.reach(len(letters))
        elif letters.startswith(folded) and (end := self._across(parts, place, manner)):
            return end
        if manner.prose and self.stem is not None and folded[:2] == letters[:2]:
            for written, reach in _written(parts, place, manner):
                if _stem(written) == self.stem:
                    return reach
        return self._nearly(parts, place, manner) if self.mistakes else None

    def _may_begin(self, manner: Manner) -> bool:
        return self.unfinished and (manner.short or len(self.letters) > _SHORT)

    def _across(self, parts: Sequence[Part], place: int, manner: Manner) -> int | None:
        reached, parted = len(parts[place].folded), False
        for following in range(place + 1, len(parts)):  # a slice would copy all that follows
            part = parts[following]
            if reached == self.junction or (
                part.begins_run and manner.prose and reached not in self.borders
            ):
                return None
            parted = parted or part.begins_run
            rest = self.letters[reached:]
            if part.folded == rest:
                return part.end
            if not rest.startswith(part.folded):
                begins = self._may_begin(manner) and not (parted and manner.prose)
                return part.reach(len(rest)) if begins and part.folded.startswith(rest) else None
            reached += len(part.folded)
        return None

    def _nearly(self, parts: Sequence[Part], place: int, manner: Manner) -> int | None:
        wanted = guard(self.letters)
        end = None
        for letters, reach in _written(parts, place, manner):
            if _within(wanted, guard(letters), self.mistakes):
                end = reach
        return end


def needles(reading: Reading) -> Iterator[Needle]:
    """All that is looked for: nothing of what is excluded or was dropped."""
    words = reading.typed.words
    kept = [place for place in range(len(words)) if place not in reading.dropped]
    for place in kept:
        word = words[place]
        yield Needle(
            word.joined[:MAX_PART],
            frozenset(accumulate(map(len, word.parts))),
            word.unfinished,
            None if word.quoted or len(word.parts) > 1 else _stem(word.joined),
            mistakes(word) if place in reading.forgiving else 0,
        )
    for one, other in pairwise(kept):
        if other == one + 1 and _may_be_joined(words[one], words[other]):
            yield Needle(
                (words[one].joined + words[other].joined)[:MAX_PART],
                frozenset(),
                words[other].unfinished,
                junction=len(words[one].joined),
            )


def parts_apart(reading: Reading) -> Iterator[Needle]:
    """The parts of the words that fall into several, each by itself."""
    for place, word in enumerate(reading.typed.words):
        if place not in reading.dropped and not word.quoted and len(word.parts) > 1:
            for part in word.parts:
                yield Needle(part[:MAX_PART], frozenset(), unfinished=False)


def _may_be_joined(*words: Word) -> bool:
    return not any(word.quoted or word.runs[0].continuous for word in words)


def _stem(word: str) -> str | None:
    plain = len(word) >= _LEAST_STEM and word.isascii() and word.isalpha()
    return stem(word) if plain else None


def _written(parts: Sequence[Part], place: int, manner: Manner) -> Iterator[tuple[str, int]]:
    """What stands at a place as the words of the index: a part, its run, with the next run."""
    yield parts[place].folded, parts[place].end
    if not parts[place].begins_run:
        return
    letters, runs_left, end = "", 1 if manner.prose else 2, 0
    for following in range(place, len(parts)):
        part = parts[following]
        if part.begins_run and letters:
            yield letters, end
            runs_left -= 1
        if not runs_left or len(letters) > MAX_PART:
            return
        letters, end = letters + part.folded, part.end
    yield letters, end


def _within(one: str, other: str, most: int) -> bool:
    """Whether at most so many letters are wrong, missing, too many or the wrong way round."""
    if abs(len(one) - len(other)) > most or one[:1] != other[:1]:
        return False
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        further, row, before = before, [place], row
        for column, against in enumerate(other, 1):
            least = min(row[-1] + 1, before[column] + 1, before[column - 1] + (letter != against))
            if (
                place > 1
                and column > 1
                and letter == other[column - 2]
                and against == one[place - 2]
            ):
                least = min(least, further[column - 2] + 1)
            row.append(least)
        if min(row) > most:
            return False
    return row[-1] <= most


def by_first_letter(some: Iterable[Needle]) -> dict[str, tuple[Needle, ...]]:
    """Needles by the letter that they begin with, which no mistake alters."""
    found: dict[str, tuple[Needle, ...]] = {}
    for needle in some:
        found[needle.letters[:1]] = (*found.get(needle.letters[:1], ()), needle)
    return found
