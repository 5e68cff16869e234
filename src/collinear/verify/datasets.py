"""One dataset after the other: its document, identity, orders, names and mark."""

import math
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from collinear.domain.dataset import Dataset, from_document
from collinear.domain.impact import ImpactPolicy
from collinear.store.documents import parse
from collinear.store.keys import ORDERS
from collinear.store.survey import Row, Survey
from collinear.verify.report import Tally, Tell

_PLACES = 2**21
"""Places within a second, in the scores of the catalog order."""
_GONE = b"\xff\xff\xff\xff"


class Sound(NamedTuple):
    """A dataset whose document could be read and whose identity is known."""

    ordinal: int
    dataset: Dataset


class DatasetChecks:
    """
    Compares what is stored of each dataset; ``policies`` are those it may be graded by.

    A row is of one moment, so what disagrees here disagreed in the store.
    """

    def __init__(self, survey: Survey, policies: Sequence[ImpactPolicy]) -> None:
        self._survey = survey
        self._policies = policies
        self._owners = array("q")
        self._last: tuple[int, str, bytes] | None = None
        self.ascending = True
        """Whether the catalog order is also that of ``hub_id``, as on the Hub itself."""
        self.documents = Tally("documents")
        self.orders = Tally("orders")
        self.catalog_order = Tally("catalog order")
        self.identities = Tally("identities")
        self.names = Tally("names")
        self.marks = Tally("marks")
        self.grades = Tally("impact")

    @property
    def tallies(self) -> list[Tally]:
        """What was found, in the order of the report."""
        return [
            self.documents,
            self.grades,
            self.identities,
            self.catalog_order,
            self.orders,
            self.names,
            self.marks,
        ]

    def walk(self, total: int, tell: Tell) -> Iterator[list[Sound]]:
        """Look at every dataset in catalog order; hands on those that can be looked at further."""
        last = b""
        for ordinals, rows in self._survey.rows():
            # It was looked at; now it is the neighbour of the next one, as of this moment
            again = bool(rows) and rows[0].id == last
            self._last = _place_of(rows[0]) if again else None
            yield [
                sound for row in rows[again:] if (sound := self._look(row, ordinals)) is not None
            ]
            last = rows[-1].id if rows else b""
            tell("datasets", self.documents.looked_at, total)

    def _look(self, row: Row, ordinals: int) -> Sound | None:
        self.documents.looked_at += 1
        self.orders.looked_at += len(ORDERS)
        dataset, document = self._document(row)
        if dataset is None or document is None:
            for field, score in zip(ORDERS, row.scores, strict=True):
                if score is None:
                    self.orders.found(row.id, f"is not in by:{field}")
            self._last = None
            return None
        self._grade(row, dataset, document)
        self._scores(row, dataset)
        self._place(row, dataset)
        self._names(row, dataset)
        ordinal = self._identity(row, dataset, ordinals)
        return None if ordinal is None else Sound(ordinal, dataset)

    def _document(self, row: Row) -> tuple[Dataset | None, dict[str, Any] | None]:
        if row.document is None:
            self.documents.found(row.id, "has no document")
            return None, None
        try:
            document = parse(row.document)
            dataset = from_document(document)
            int(dataset.hub_id, 16)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            self.documents.found(row.id, f"has a document that cannot be read: {error!r}")
            return None, None
        if dataset.id.encode(errors="replace") != row.id:
            self.documents.found(row.id, f"has the document of {dataset.id!r}")
            return None, None
        if document.get("name") != dataset.name:
            self.documents.found(row.id, f"has the name {document.get('name')!r}")
        namespace, slash, _ = dataset.id.partition("/")
        if slash and dataset.author not in (namespace, None):
            # the Hub's own word is kept, whatever it is
            self.documents.note("some authors are not the namespace of their dataset")
        if dataset.private or dataset.disabled:
            self.documents.found(row.id, "is private or disabled, and stored all the same")
        return dataset, document

    def _grade(self, row: Row, dataset: Dataset, document: Mapping[str, Any]) -> None:
        if not self._policies:
            return
        self.grades.looked_at += 1
        said = document.get("impact_level"), document.get("impact_assessment")
        for policy in self._policies:
            impact = dataset.impact(policy)
            levels = {metric.value: level.value for metric, level in impact.levels.items()}
            method = impact.method.value if impact.method else "none"
            graded = {"assessment_method": method, "levels": levels}
            if said == (impact.level.value, graded):
                return
        self.grades.found(row.id, f"is graded {said[0]!r}: its metrics and the thresholds differ")

    def _scores(self, row: Row, dataset: Dataset) -> None:
        for field, score in zip(ORDERS, row.scores, strict=True):
            value = 0 if field == "id" else getattr(dataset, field)
            wanted = -math.inf if value is None else float(value)
            if score is None:
                self.orders.found(row.id, f"is not in by:{field}")
            elif float(score) != wanted:
                self.orders.found(row.id, f"has {score.decode()} in by:{field}, not {value}")

    def _place(self, row: Row, dataset: Dataset) -> None:
        self.catalog_order.looked_at += 1
        place, before = row.place or b"nan", self._last
        score = float(place)
        here = dataset.created_second, dataset.hub_id
        self._last = *here, place
        if not score.is_integer() or score // _PLACES != dataset.created_second:
            self.catalog_order.found(
                row.id, f"stands at {place.decode()}, not in its second {dataset.created_second}"
            )
            self._last = None
        elif before is not None:
            self.ascending &= before[1] < dataset.hub_id
            if before[2] == place:
                self.catalog_order.found(row.id, "shares its place with the dataset before it")
            elif before[:2] >= here:
                self.catalog_order.found(row.id, "stands behind a dataset that comes after it")

    def _names(self, row: Row, dataset: Dataset) -> None:
        if row.id.lower() == row.id:  # of bytes: A to Z only, as the store does it
            return
        self.names.looked_at += 1
        try:
            names = orjson.loads(row.folded or b"[]")
        except ValueError:
            names = []
        if dataset.id not in names:
            self.names.found(row.id, "is not found by its id in lower case")

    def _identity(self, row: Row, dataset: Dataset, ordinals: int) -> int | None:
        self.identities.looked_at += 1
        if row.identity is None:
            self.identities.found(row.id, f"has no identity for {dataset.hub_id}")
            return None
        number, blank, id_ = row.identity.partition(b" ")
        if not (blank and number.isdigit()):
            self.identities.found(row.id, f"has an identity that cannot be read: {row.identity!r}")
            return None
        ordinal = int(number)
        if id_ != row.id:
            called = id_.decode(errors="backslashreplace")
            self.identities.found(row.id, f"is called {called!r} by the identity {dataset.hub_id}")
        if ordinal >= ordinals:
            self.identities.found(row.id, f"has ordinal {ordinal}; only {ordinals} were given out")
            return None
        self._own(row, ordinal, dataset.hub_id)
        self.marks.looked_at += 1
        if len(row.mark) < len(_GONE) or not any(row.mark):
            self.marks.found(row.id, "was never marked as seen")
        elif row.mark == _GONE:
            self.marks.found(row.id, "is marked as removed")
        if row.announced == b"nowhere":
            self.marks.found(row.id, "has a last change that is not among the changes")
        elif row.announced not in (b"", dataset.hub_id.encode()):
            self.marks.found(row.id, "has the last change of another dataset")
        return ordinal

    def _own(self, row: Row, ordinal: int, hub_id: str) -> None:
        """One ordinal, one dataset: eight bytes for each tell whose it is."""
        if ordinal >= len(self._owners):
            self._owners.frombytes(bytes(8 * (2 * ordinal + 1 - len(self._owners))))
        owner = hash(hub_id) or 1
        if self._owners[ordinal] not in (0, owner):
            self.identities.found(row.id, f"has ordinal {ordinal}, and so has another dataset")
        self._owners[ordinal] = owner


def _place_of(row: Row) -> tuple[int, str, bytes] | None:
    """What the catalog order goes by, and where it stands; None where it cannot be read."""
    try:
        dataset = from_document(parse(row.document or b""))
        return dataset.created_second, dataset.hub_id, row.place or b""
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
