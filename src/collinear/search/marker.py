"""The one document in the index that is no dataset: it says what the commit is true for."""

import tantivy

from collinear.domain.change import Serial
from collinear.search import schema
from collinear.search.keys import ORDINAL_BITS

_NUMBER = 1 << ORDINAL_BITS
"""An ordinal that no dataset has."""


def query() -> tantivy.Query:
    """Finds the marker, and nothing else."""
    return tantivy.Query.term_query(schema.SCHEMA, schema.ORDINAL, _NUMBER)


def all_others() -> tantivy.Query:
    """Finds all datasets, each with the score 1."""
    everything = tantivy.Query.const_score_query(tantivy.Query.all_query(), 1.0)
    return tantivy.Query.boolean_query(
        [(tantivy.Occur.Must, everything), (tantivy.Occur.MustNot, query())]
    )


def write(writer: tantivy.IndexWriter, serial: Serial) -> None:
    """Let the next commit say that it is true for ``serial``."""
    writer.delete_documents_by_query(query())
    fields = {schema.ORDINAL: _NUMBER, schema.SERIAL: str(serial).encode()}
    writer.add_document(tantivy.Document.from_dict(fields, schema.SCHEMA))


def read(searcher: tantivy.Searcher) -> Serial | None:
    """What the commit that a searcher sees is true for; None before the first."""
    hits = searcher.search(query(), limit=1, count=False).hits
    if not hits:
        return None
    return Serial.parse(bytes(searcher.doc(hits[0][1])[schema.SERIAL][0]).decode())
