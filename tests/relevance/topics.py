"""What the other datasets are about, and who makes them."""

from typing import NamedTuple


class Topic(NamedTuple):
    """
    A field of interest: ``words`` as people type them, ``noun`` for the middle of a sentence.

    ``also`` are words that a description of it is likely to hold in another form.
    """

    words: str
    noun: str
    also: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        return self.words.replace(" ", "-")


TOPICS = (
    Topic("radiology", "radiology reports", ("radiologists",)),
    Topic("medical", "medical notes", ("hospitals",)),
    Topic("legal contracts", "legal contracts", ("clauses",)),
    Topic("tweets", "tweets", ("hashtags",)),
    Topic("birdsong", "birdsong", ("recordings",)),
    Topic("satellite", "satellite pictures", ("orbits",)),
    Topic("chess", "chess games", ("openings",)),
    Topic("recipes", "recipes", ("ingredients",)),
    Topic("poetry", "poetry", ("verses",)),
    Topic("phishing", "phishing mails", ("scams",)),
    Topic("climate", "climate records", ("temperatures",)),
    Topic("protein folding", "protein folding", ("residues",)),
    Topic("hate speech", "hate speech", ("insults",)),
    Topic("fake news", "fake news", ("rumours",)),
    Topic("sign language", "sign language", ("gestures",)),
    Topic("handwriting", "handwriting", ("scribbles",)),
    Topic("earthquakes", "earthquakes", ("aftershocks",)),
    Topic("stock prices", "stock prices", ("tickers",)),
    Topic("football", "football matches", ("goals",)),
    Topic("genomics", "genomics", ("chromosomes",)),
    Topic("robotics", "robotics episodes", ("grippers",)),
    Topic("point clouds", "point clouds", ("scanners",)),
    Topic("crop diseases", "crop diseases", ("leaves",)),
    Topic("court rulings", "court rulings", ("judges",)),
    Topic("patents", "patents", ("inventions",)),
    Topic("podcasts", "podcasts", ("interviews",)),
    Topic("memes", "memes", ("captions",)),
    Topic("captchas", "captchas", ("distortions",)),
    Topic("cocktails", "cocktails", ("spirits",)),
    Topic("lighthouses", "lighthouses", ("lamps",)),
)

LICENCES = ("mit", "apache-2.0", "cc-by-4.0", "cc-by-sa-4.0", "cc0-1.0", "gpl-3.0", "openrail")
MODALITIES = ("text", "image", "audio", "tabular")

SPANS = (
    ("question-answering", "fr"), ("question-answering", "de"), ("question-answering", "hi"),
    ("summarization", "de"), ("summarization", "es"), ("summarization", "it"),
    ("text-classification", "fr"), ("text-classification", "tr"), ("text-classification", "pt"),
    ("translation", "fi"), ("translation", "sw"), ("automatic-speech-recognition", "ta"),
    ("automatic-speech-recognition", "it"), ("token-classification", "es"),
    ("token-classification", "ko"), ("text-to-speech", "ja"),
)  # fmt: skip
"""Task and language that some datasets are made for and say only by their tags."""

HOUSES = (
    "lakeside-lab", "MountainAI", "northern-lights", "deepharbor", "quietriver", "CedarLabs",
    "stonebridge", "bluefern", "openmeadow", "harvestml", "tideworks", "amberfield",
)  # fmt: skip
"""Authors of several topics each."""

PLAIN = (
    "amber", "basalt", "cobalt", "drift", "ember", "fjord", "glade", "hollow", "iris", "juniper",
    "kestrel", "lagoon", "meadow", "nimbus", "onyx", "prairie", "quartz", "ridge", "sable",
    "tundra", "umber", "valley", "willow", "xenon", "yarrow", "zephyr", "anvil", "beacon", "cinder",
    "dune",
)  # fmt: skip
"""Names that say nothing."""

PROSE = (
    "Rows were gathered over several months and checked by two people.",
    "Every split is balanced; see the card for the details.",
    "Please cite our work if this is useful to you.",
    "Files are stored in parquet, with one record a row.",
    "We removed duplicates and everything that was too short.",
    "Collected for a workshop, and published without warranty.",
    "Records come with an identifier, a source and a date.",
    "An export of an internal tool, anonymised.",
)
"""What descriptions say besides."""
