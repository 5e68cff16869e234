"""Whether the index is good enough to send people to it, and how old it is."""

from dataclasses import dataclass

from collinear.domain.errors import IndexNotReady


@dataclass(frozen=True, slots=True)
class Patience:
    """What is borne of an index before this process calls itself not ready; in seconds."""

    silent: float = 30.0
    """Without a sign of life from the indexer."""
    lag: float = 300.0
    """That the oldest change has waited to be searchable."""


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """How far the open index has followed."""

    serial: str
    documents: int
    lag_seconds: float
    """How long the oldest change waits; of a silent indexer, at least how long it is silent."""
    silent_seconds: float | None
    """Since the indexer's last sign of life; None where there never was one."""


def look(
    serial: str, documents: int, lag: float, silent: float | None, patience: Patience
) -> IndexStatus:
    """The state of an index; who has been silent for too long may have missed anything."""
    if silent is not None and silent > patience.silent:
        lag = max(lag, silent)
    return IndexStatus(serial, documents, lag, silent)


def check(index: IndexStatus | None, items: int, patience: Patience) -> None:
    """
    Let pass an index that is open, kept by somebody, and near a catalog of so many ``items``.

    An empty catalog needs no index yet.

    Raises:
        IndexNotReady: It is not; the sentence says what is missing, and what to look at.
    """
    if index is None:
        if items:
            raise IndexNotReady(
                "The catalog is filled, but no search index is open: "
                "is 'collinear indexer' running?"
            )
        return
    answers = f"Searches are answered as of {index.serial}."
    if index.silent_seconds is None or index.silent_seconds > patience.silent:
        silent = "ever" if index.silent_seconds is None else f"for {index.silent_seconds:.0f} s"
        raise IndexNotReady(
            f"The indexer of this machine has given no sign of life {silent}: "
            f"is 'collinear indexer' running? {answers}"
        )
    if index.lag_seconds > patience.lag:
        raise IndexNotReady(
            f"The search index is {index.lag_seconds:.0f} s behind the catalog, more than "
            f"COLLINEAR_INDEX_LAG_SECONDS: it is catching up, or see the indexer's log. {answers}"
        )
