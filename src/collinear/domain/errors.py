"""
Everything that can go wrong in words of the catalog; the doors decide what follows.

CatalogError
├── BadRequest
│   ├── BadParameter            a parameter that is unknown or out of bounds
│   ├── BadCursor               a cursor that is broken or goes with another query
│   └── TooDeep                 a page further down than this order goes
├── NotFound
│   ├── DatasetNotFound
│   ├── RevisionNotFound
│   ├── FileNotFound
│   └── TaskNotFound
├── DatasetMoved                the dataset has another id now
├── PositionGone                changes after a position in the stream are not kept any more
├── SnapshotGone                no snapshot of the whole catalog yet, or another one by now
├── DatasetGated                the Hub wants the user to ask for access
├── HubError
│   ├── HubUnavailable          no answer, a 5xx, a truncated answer
│   ├── HubTimeout              no answer in time
│   ├── HubRateLimited          a 429
│   └── HubContractBroken       an answer that is not what the Hub's protocol promises
│       └── CursorRejected      the Hub does not know a cursor of ours any more
├── StoreUnavailable            Redis does not answer, or refuses
├── WrongStore                  Redis holds another Hub's catalog, evicts, or is too old
├── IndexNotReady               no search index is open yet
├── NotAllowed                  a mutation without the right to it
├── RunFenced                   a page of a run that is over, or that another worker took
└── HandedBack                  a worker that is told to stop leaves its page to others
"""


class CatalogError(Exception):
    """The root of the tree."""


class BadRequest(CatalogError):
    """The caller asked for something that cannot be."""


class BadParameter(BadRequest):
    """A parameter is unknown or out of bounds."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


class BadCursor(BadRequest):
    """A cursor is broken, or belongs to another query."""


class TooDeep(BadRequest):
    """A page lies further down than its order can be paged."""


class NotFound(CatalogError):
    """What was asked for does not exist."""


class DatasetNotFound(NotFound):
    """No dataset has this id."""

    def __init__(self, dataset_id: str) -> None:
        super().__init__(f"No dataset is called {dataset_id!r}.")
        self.dataset_id = dataset_id


class RevisionNotFound(NotFound):
    """The dataset has no such branch, tag or commit."""


class FileNotFound(NotFound):
    """The revision has no such file."""


class TaskNotFound(NotFound):
    """No refresh has this task id, or its record has expired."""


class DatasetMoved(CatalogError):
    """The dataset was renamed."""

    def __init__(self, dataset_id: str, new_id: str) -> None:
        super().__init__(f"{dataset_id!r} is called {new_id!r} now.")
        self.dataset_id = dataset_id
        self.new_id = new_id


class PositionGone(CatalogError):
    """Changes after this position in the stream are not kept any more, or it is not of it."""

    def __init__(self, serial: str, *, other_epoch: bool, as_of: str = "") -> None:
        """``as_of`` is the newest change that there is, where that was seen."""
        why = (
            "is of another epoch: the store was emptied or restored since"
            if other_epoch
            else "is not in the stream of changes, or not any more"
        )
        super().__init__(f"{serial} {why}. Take the whole catalog, and follow from its serial.")
        self.serial = serial
        self.as_of = as_of


class SnapshotGone(CatalogError):
    """There is no snapshot of the whole catalog yet, or another one took its place."""

    def __init__(self, serial: str | None, *, parquet: bool = False) -> None:
        if serial is not None:
            told = f"The copy of the whole catalog as of {serial} was replaced while it was read."
        elif parquet:
            told = (
                "There is no Parquet file yet: a worker writes it within a minute or two after a "
                "complete run. The format jsonl is there as soon as that run has ended."
            )
        else:
            told = (
                "There is no copy of the whole catalog yet: "
                "it is written at the end of a complete run."
            )
        super().__init__(told)
        self.serial = serial


class DatasetGated(CatalogError):
    """The Hub shows this only to those whom the dataset's owner let in."""


class HubError(CatalogError):
    """The Hub is in trouble, or thinks that we are."""


class HubUnavailable(HubError):
    """The Hub did not answer, or answered with a server error or half an answer."""


class HubTimeout(HubError):
    """The Hub did not answer in time."""


class HubRateLimited(HubError):
    """The Hub asks for patience."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds to wait as the Hub named them; None where it named none."""


class HubContractBroken(HubError):
    """The Hub's answer is not what its protocol promises; trying again will not help."""


class CursorRejected(HubContractBroken):
    """The Hub does not know a cursor of ours any more: the walk must begin anew."""


class UpstreamSuspicious(CatalogError):
    """The Hub's answers look wrong as a whole: the run is quarantined, nothing is overwritten."""


class StoreUnavailable(CatalogError):
    """Redis does not answer, or refuses to."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds after which it makes sense to try again; None where nobody can tell."""


class WrongStore(CatalogError):
    """Redis holds another catalog, evicts keys, or is too old: an operator must decide."""


class IndexNotReady(CatalogError):
    """No search index is open yet."""


class NotAllowed(CatalogError):
    """A mutation without the right to it."""


class RunFenced(CatalogError):
    """The run is over, or another worker has taken the page: what was in hand is dropped."""


class HandedBack(CatalogError):
    """The worker is told to stop while it waits: somebody else goes on with the page."""
