"""Tags of generated datasets."""

from random import Random

from collinear.sandbox.words import FREE_TAGS, LANGUAGES, LICENSES, MODELS, ODD_TAGS, TOPICS

_CODES = tuple(LANGUAGES)
CATEGORIES = (
    "n<1K",
    "1K<n<10K",
    "10K<n<100K",
    "100K<n<1M",
    "1M<n<10M",
    "10M<n<100M",
    "100M<n<1B",
)
FORMATS = ("parquet", "parquet", "json", "csv", "imagefolder", "audiofolder", "webdataset", "text")
LIBRARIES = ("datasets", "pandas", "polars", "dask", "mlcroissant")
_LIBRARY_TAGS = tuple(f"library:{name}" for name in LIBRARIES)
MODALITIES = ("text", "text", "text", "tabular", "image", "audio", "video", "timeseries", "3d")


def size_category(rows: int) -> str:
    """The Hub's bucket for so many rows."""
    return CATEGORIES[min(max(len(str(rows)) - 3, 0), len(CATEGORIES) - 1)]


def label(rng: Random, language: str, task: str, rows: int) -> list[str]:
    """A handful of tags, as a card and the viewer would lead to them."""
    draw = rng.random
    if draw() < 0.2:  # nobody has looked at it yet
        return ["region:us"]
    tags = []
    if draw() < 0.55:
        tags.append(f"task_categories:{task}")
    if draw() < 0.1:
        tags.append("annotations_creators:crowdsourced")
        tags.append("multilinguality:monolingual")
        tags.append("source_datasets:original")
    if draw() < 0.6:
        tags.append(f"language:{language}")
        while draw() < 0.12:
            tags.append(f"language:{_CODES[int(draw() * len(_CODES))]}")
    if draw() < 0.6:
        tags.append(f"license:{LICENSES[int(draw() ** 2.5 * len(LICENSES))]}")
    tags.append(f"size_categories:{size_category(rows)}")
    if draw() < 0.8:
        tags.append(f"format:{FORMATS[int(draw() * len(FORMATS))]}")
        tags.append(f"modality:{MODALITIES[int(draw() * len(MODALITIES))]}")
        tags.extend(_LIBRARY_TAGS[: 1 + int(draw() * 5)])
    if draw() < 0.06:
        month, paper = 1 + int(draw() * 12), int(draw() * 20_000)
        tags.append(f"arxiv:{20 + int(draw() * 7)}{month:02d}.{paper:05d}")
    if draw() < 0.01:
        tags.append(f"doi:10.57967/hf/{int(draw() * 9000)}")
    tags.append("region:eu" if draw() < 0.03 else "region:us")
    while draw() < 0.3:
        tags.append(FREE_TAGS[int(draw() * len(FREE_TAGS))])
    if draw() < 0.02:
        tags.append(ODD_TAGS[int(draw() * len(ODD_TAGS))])
    return list(dict.fromkeys(tags))


def many_labels(rng: Random, count: int) -> list[str]:
    """The tags of someone who tagged everything: every language, every topic, every model."""
    tags = [f"language:{first}" for first in _CODES]
    tags += [f"{topic}" for topic in TOPICS]
    tags += [f"{model}-{topic}" for model in MODELS for topic in TOPICS]
    tags += list(ODD_TAGS)
    rng.shuffle(tags)
    return tags[:count]
