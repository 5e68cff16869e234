"""A stored document as the index takes it."""

from collections.abc import Mapping
from typing import Any

import tantivy

from collinear.domain import moments
from collinear.domain.facets import TAG_FILTERS
from collinear.search import keys, languages, ranking, schema
from collinear.search.exactness import key
from collinear.search.text import Analyser, Name, analyse_name, beginnings, encodable

MAX_FILTER = 300
"""Characters of the longest tag or author that can be asked for."""
_LABELS = tuple(TAG_FILTERS.values())


class DocumentMaker:
    """Makes searchable documents; it keeps the words it has met, so keep the maker."""

    def __init__(self, *, remember: int = 100_000) -> None:
        self._analyser = Analyser()
        self._remember = remember
        self._remembered: dict[str, Name] = {}

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
        namespace, author = dataset_id.rpartition("/")[0], self._name(document["author"] or "")
        description = self._analyser.terms(document["description"] or "")
        tags = [self._name(tag) for tag in document["tags"]]
        tags += [self._name(name) for tag in document["tags"] for name in languages.names(tag)]
        return {
            schema.ID: dataset_id,
            schema.NAME_KEY: key(document["name"], name.folded).as_typed,
            schema.NAMESPACE_KEY: self._namespace_key(namespace),
            schema.NAME: [name.parts, name.joined],
            schema.AUTHOR: [author.parts, author.joined],
            schema.BEGINNINGS: " ".join(beginnings(f"{name.parts} {author.parts}")),
            schema.TAGS: [
                " ".join([tag.parts for tag in tags]),
                " ".join([tag.joined for tag in tags]),
            ],
            schema.DESCRIPTION: [description.parts, description.joined],
        }

    def _namespace_key(self, namespace: str) -> str:
        return key(namespace, self._name(namespace).folded).as_typed

    def _name(self, text: str) -> Name:
        """The terms of a text that many datasets share: a tag, an author."""
        known = self._remembered.get(text)
        if known is None:
            if len(self._remembered) > self._remember:
                self._remembered = {}
            known = self._remembered[text] = analyse_name(text)
        return known


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
        field: keys.bounded(value)
        for field in schema.RANGED
        if (value := document[field]) is not None
    }


def _orders(document: Mapping[str, Any], ordinal: int) -> dict[str, Any]:
    created, hub_id = _moment(document["created_at"]), document["hub_id"]
    second = int(hub_id[:8], 16) if created is None else created // 1000
    creation, rest = keys.creation_key(second, hub_id)
    values = {
        "downloads": keys.count_value(document["downloads"]),
        "likes": keys.count_value(document["likes"]),
        "size_bytes": keys.count_value(document["size_bytes"]),
        "last_modified": keys.moment_value(_moment(document["last_modified"])),
        "created_at": keys.moment_value(created),
        "trending_score": keys.score_value(document["trending_score"]),
    }
    return {schema.by(field): keys.key(value, ordinal) for field, value in values.items()} | {
        schema.ORDINAL: ordinal,
        schema.CREATION: creation,
        schema.CREATION_REST: rest,
        schema.ID_START: keys.text_key(document["id"]),
        schema.WEIGHT: ranking.weight(document["downloads"], document["likes"]),
    }


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
