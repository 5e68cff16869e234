"""What is known of English words: their stems, and which of them tell nothing."""

from functools import lru_cache

from tantivy import Filter, TextAnalyzerBuilder, Tokenizer

_stemmer = TextAnalyzerBuilder(Tokenizer.raw()).filter(Filter.stemmer("english")).build()
STOP_WORDS = frozenset(
    {"a", "an", "and", "are", "as", "at", "be", "but", "by", "for", "if", "in", "into", "is", "it"}
    | {"no", "not", "of", "on", "or", "such", "that", "the", "their", "then", "there", "these"}
    | {"they", "this", "to", "was", "will", "with"}
)
"""Words that every English text has: descriptions are kept without them."""
_ALL_ARE = frozenset({"dataset", "datasets"})


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a word in lower case."""
    return str(_stemmer.analyze(word)[0])


def is_said_of_all(word: str) -> bool:
    """Whether a word in lower case is true of every dataset."""
    return word in _ALL_ARE


def tells_nothing(word: str) -> bool:
    """Whether a word in lower case is in every text, such as ``the``, or true of every dataset."""
    return word in _ALL_ARE or word in STOP_WORDS
