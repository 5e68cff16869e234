"""What a verification found: one tally for each check, with a few examples."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

MOST_EXAMPLES = 5

Tell = Callable[[str, int, int | None], None]
"""Hears how far a check is: its name, how many are done, of how many (None: nobody knows)."""


class Example(NamedTuple):
    """One thing that disagrees, and how."""

    subject: str
    problem: str


@dataclass(slots=True)
class Tally:
    """What one check looked at and found; ``notes`` are worth saying and no disagreement."""

    name: str
    looked_at: int = 0
    problems: int = 0
    examples: list[Example] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def found(self, subject: str | bytes, problem: str) -> None:
        """Count a disagreement, and keep it as an example while there are few."""
        self.problems += 1
        if len(self.examples) < MOST_EXAMPLES:
            if isinstance(subject, bytes):
                subject = subject.decode(errors="backslashreplace")
            self.examples.append(Example(subject, problem))

    def note(self, words: str) -> None:
        """Say something that is no disagreement, once."""
        if words not in self.notes:
            self.notes.append(words)


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was looked at."""

    checks: Sequence[Tally]
    notes: Sequence[str]
    """The state that the catalog was in: a run that goes on, removals that are held."""
    datasets: int
    serial: str
    seconds: float

    @property
    def problems(self) -> int:
        """How many disagreements there are in all."""
        return sum(check.problems for check in self.checks)

    @property
    def agrees(self) -> bool:
        """Whether there is none."""
        return not self.problems
