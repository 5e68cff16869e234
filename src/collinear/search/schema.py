"""What the index holds of a dataset: all that is needed to find it, nothing that is only shown."""

import tantivy

from collinear.search.text.analysis import guard
from collinear.search.text.english import STOP_WORDS

SCHEMA_VERSION = 2
"""Grows with every change of fields or of analysis; an index of another version is rebuilt."""

# Who it is: the store's number for it, by which it is put and dropped; and what it is called
ORDINAL = "ordinal"
ID = "id"
NOTHING, PROSE = "nothing", "prose"
"""
Analysers: of fields that nobody searches in, which finds no word anywhere; and of descriptions,
which leaves out stop words, and their places empty: they are a tenth of the whole index.
"""
# Words, by where they stand
NAME, AUTHOR, TAGS, DESCRIPTION = "name_words", "author_words", "tag_words", "description_words"
WORDS = (NAME, AUTHOR, TAGS, DESCRIPTION)
PHRASES = (NAME, DESCRIPTION)
"""Fields in which the order of words is known; in tags it says nothing."""
BEGINNINGS = "beginnings"
"""The first one and two characters of the words of name and author; longer ones are looked up."""
# The whole name and namespace, for the one that was meant exactly; see ``exactness``
NAME_KEY, NAMESPACE_KEY = "name_key", "namespace_key"
# Filters: exact values, untouched
BY_AUTHOR, BY_TAG, BY_IMPACT, BY_GATED = "author", "tag", "impact_level", "gated"
LABELS = "labels"
"""Again the tags that filters stand for, so few that they can be counted in one look."""
# Of the marker: the one document that says which position of the stream the index is true for
SERIAL = "serial"

RANGED = ("downloads", "likes", "size_bytes")
"""The plain values of the few that are too large for their sort keys to be exact."""
ORDERED = ("downloads", "likes", "size_bytes", "last_modified", "created_at", "trending_score")
"""Measures with a sort key; see ``keys``."""
CREATION, CREATION_REST = "creation", "creation_rest"
WEIGHT = "weight"
"""How much popularity counts; see ``ranking``."""


def by(field: str) -> str:
    """The column of a measure's sort keys."""
    return f"by_{field}"


def _build() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field(ORDINAL, indexed=True)
    for field in (NAME_KEY, NAMESPACE_KEY, BY_TAG):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    for field in (BY_AUTHOR, BY_IMPACT, BY_GATED):  # counted for facets, hence a column
        builder.add_text_field(field, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(LABELS, fast=True, tokenizer_name=NOTHING, index_option="basic")
    builder.add_text_field(ID, stored=True, fast=True, tokenizer_name=NOTHING, index_option="basic")
    builder.add_bytes_field(SERIAL, stored=True)
    for field in (*WORDS, BEGINNINGS):
        option = "position" if field in PHRASES else "basic"
        analyser = PROSE if field == DESCRIPTION else "whitespace"
        builder.add_text_field(field, tokenizer_name=analyser, index_option=option)
    for field in (*RANGED, *map(by, ORDERED), CREATION, CREATION_REST):
        builder.add_unsigned_field(field, fast=True)
    builder.add_float_field(WEIGHT, fast=True)
    return builder.build()


SCHEMA = _build()


def register_analysers(index: tantivy.Index) -> None:
    """Let an index know the analysers that its writer needs."""
    nothing = tantivy.Tokenizer.regex(r"[^\s\S]")
    index.register_tokenizer(NOTHING, tantivy.TextAnalyzerBuilder(nothing).build())
    as_it_is = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.raw()).build()
    index.register_fast_field_tokenizer(NOTHING, as_it_is)
    words = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    left_out = tantivy.Filter.custom_stopword([guard(word) for word in sorted(STOP_WORDS)])
    index.register_tokenizer(PROSE, words.filter(left_out).build())
