"""What the supervisor has to tell; how it is shown is the terminal's business."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Starting:
    """
    The parts are being started.

    ``address`` is where the API will be, ``kept`` whether the catalog of an earlier demo is
    used again.
    """

    address: str
    data_dir: Path
    logs_dir: Path
    hub: str
    kept: bool


@dataclass(frozen=True, slots=True)
class Expected:
    """How many datasets the Hub holds, where it can tell: the real one cannot."""

    total: int


@dataclass(frozen=True, slots=True)
class PartUp:
    """A part answers; ``seconds`` is how long it took from its start."""

    part: str
    seconds: float


@dataclass(frozen=True, slots=True)
class PartSlow:
    """A part has been starting for a while; ``note`` is what it is busy with, if it says so."""

    part: str
    seconds: float
    note: str


@dataclass(frozen=True, slots=True)
class PartDied:
    """A part ended unasked: how, its last words, and the seconds until it is started again."""

    part: str
    how: str
    last_line: str
    again_in: float


@dataclass(frozen=True, slots=True)
class PartKilled:
    """A part did not stop when asked to and was killed."""

    part: str


@dataclass(frozen=True, slots=True)
class OrphansStopped:
    """Processes of a killed supervisor still ran on this data directory and were stopped."""

    count: int


@dataclass(frozen=True, slots=True)
class AllUp:
    """Every part answers for the first time."""


@dataclass(frozen=True, slots=True)
class Stopping:
    """The parts are being stopped."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """Every part is gone."""


@dataclass(frozen=True, slots=True)
class Loading:
    """The first load goes on: so many rows are stored."""

    rows: int


@dataclass(frozen=True, slots=True)
class Ready:
    """The catalog is complete: so many datasets."""

    total: int


@dataclass(frozen=True, slots=True)
class RunFinished:
    """A run other than the first load succeeded."""

    kind: str
    rows: int
    total: int


@dataclass(frozen=True, slots=True)
class RemovalsHeld:
    """A run would have removed more datasets than it may unasked."""

    count: int
    of: int


@dataclass(frozen=True, slots=True)
class Trouble:
    """A run failed or pauses; the message is the one that ``cache-status`` shows."""

    message: str


@dataclass(frozen=True, slots=True)
class TroubleOver:
    """What was last complained about is no longer so."""


CatalogEvent = Loading | Ready | RunFinished | RemovalsHeld | Trouble | TroubleOver
PartEvent = PartUp | PartSlow | PartDied | PartKilled
Event = Starting | Expected | OrphansStopped | AllUp | Stopping | Stopped | PartEvent | CatalogEvent
