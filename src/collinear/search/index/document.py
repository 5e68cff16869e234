"""A stored document as the index takes it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import tantivy

from collinear.domain import moments
from collinear.domain.facets import TAG_FILTERS
from collinear.search import keys, schema
from collinear.search.text import languages
from collinear.search.text.analysis import Analyser, analyse_name, beginnings, encodable
from collinear.search.text.exactness import key
from collinear.search.words import ranking

MAX_FILTER = 300
"""Characters of the longest tag or author that can be asked for."""
_LABELS = tuple(TAG_FILTERS.values())
_COLUMNS = tuple(map(schema.by, schema.ORDERED))


class _Owner(NamedTuple):
    """An author or namespace: who has one dataset has others."""

    parts: str
    joined: str
    beginnings: str
    key: str


class DocumentMaker:
    """Makes searchable documents; it keeps the words it has met, so keep the maker."""

    def __init__(self, *, remember: int = 100_000) -> None:
        self._analyser = Analyser()
        self._owners = _Memory(_analyse_owner, remember)
        self._tags = _Memory(_analyse_tag, remember)

    def make(self, document: Mapping[str, Any], ordinal: int) -> tantivy.Document:
        """
        The searchable form of a document as it is stored and served.

        Raises:
            AttributeError, KeyError, TypeError, ValueError: It is none.
        """
        fields = self._words(document) | _filters(document) | _orders(document, ordinal)
        try:
            return tantivy.Document.from_dict(fields, schema.SCHEMA)
        except ValueError:  # half a surrogate pair somewhere: no character, but no reason either
            return tantivy.Document.from_dict(_encodable(fields), schema.SCHEMA)

    def _words(self, document: Mapping[str, Any]) -> dict[str, Any]:
        dataset_id, name = document["id"], analyse_name(document["name"])
        owner = self._owners[document["author"] or ""]
        namespace = self._owners[dataset_id.rpartition("/")[0]]
        description = self._analyser.terms(document["description"] or "")
        tags = [self._tags[tag] for tag in document["tags"]]
        return {
            schema.ID: dataset_id,
            schema.NAME_KEY: key(document["name"], name.folded).as_typed,
            schema.NAMESPACE_KEY: namespace.key,
            schema.NAME: [name.parts, name.joined],
            schema.AUTHOR: [owner.parts, owner.joined],
            schema.BEGINNINGS: [" ".join(beginnings(name.parts)), owner.beginnings],
            schema.TAGS: " ".join(tags),
            schema.DESCRIPTION: [description.parts, description.joined],
        }


Made = TypeVar("Made")


class _Memory(dict[str, Made]):
    """What was made of texts that many datasets share; forgotten when it is too much."""

    def __init__(self, make: Callable[[str], Made], most: int) -> None:
        super().__init__()
        self._make = make
        self._most = most

    def __missing__(self, text: str) -> Made:
        if len(self) > self._most:
            self.clear()
        made = self[text] = self._make(text)
        return made


def _analyse_owner(text: str) -> _Owner:
    name = analyse_name(text)
    return _Owner(
        name.parts,
        f"{name.joined} {name.whole}",
        " ".join(beginnings(name.parts)),
        key(text, name.folded).as_typed,
    )


def _analyse_tag(tag: str) -> str:
    """The terms of a tag: its words, its value in one, and the names of its language."""
    value = tag.partition(":")[2]
    texts = [tag, *([value] if value else []), *languages.names(tag)]
    names = [analyse_name(text) for text in texts]
    terms = " ".join([f"{name.parts} {name.joined} {name.whole}" for name in names])
    return " ".join(dict.fromkeys(terms.split()))


def _filters(document: Mapping[str, Any]) -> dict[str, Any]:
    author = document["author"]
    tags = [tag for tag in dict.fromkeys(document["tags"]) if len(tag) <= MAX_FILTER]
    return {
        schema.BY_AUTHOR: [author] if author and len(author) <= MAX_FILTER else [],
        schema.BY_TAG: tags,
        schema.LABELS: [tag for tag in tags if tag.startswith(_LABELS)],
        schema.BY_IMPACT: document["impact_level"],
        schema.BY_GATED: document["gated"] or "false",
    } | {
        field: large
        for field in schema.RANGED
        if (large := keys.beyond(document[field])) is not None
    }


def _orders(document: Mapping[str, Any], ordinal: int) -> dict[str, Any]:
    created, hub_id = _moment(document["created_at"]), document["hub_id"]
    second = int(hub_id[:8], 16) if created is None else created // 1000
    creation, rest = keys.creation_key(second, hub_id)
    values = (  # as in schema.ORDERED
        keys.count_value(document["downloads"]),
        keys.count_value(document["likes"]),
        keys.count_value(document["size_bytes"]),
        keys.moment_value(_moment(document["last_modified"])),
        keys.moment_value(created),
        keys.score_value(document["trending_score"]),
    )
    ordered = [keys.key(value, ordinal) for value in values]
    fields: dict[str, Any] = dict(zip(_COLUMNS, ordered, strict=True))
    fields[schema.ORDINAL] = ordinal
    fields[schema.CREATION], fields[schema.CREATION_REST] = creation, rest
    use = document["downloads"], document["likes"]
    fields[schema.WEIGHT] = ranking.weight(*use, ordinal)
    return fields


def _moment(text: str | None) -> int | None:
    return None if text is None else moments.parse(text)


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {name: _encodable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return list(dict.fromkeys([_encodable(part) for part in value]))
    return value
