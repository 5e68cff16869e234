"""`/api/datasets-tags-by-type`: the tags that one can choose from."""

from collections.abc import Mapping

from collinear.sandbox import answers
from collinear.sandbox.answers import Answer
from collinear.sandbox.labels import CATEGORIES, FORMATS, LIBRARIES, MODALITIES
from collinear.sandbox.words import FREE_TAGS, LANGUAGES, LICENSES, TASKS


def tags_by_type(only: str | None) -> Answer:
    """Every type with its tags, or one type; 400 for a type that there is not."""
    found = _tags()
    if only is None:
        return answers.json(found)
    if only not in found:
        return answers.bad_request(f'"type" must be one of [{", ".join(found)}]')
    return answers.json({only: found[only]})


def _tags() -> Mapping[str, list[dict[str, str]]]:
    labels = {
        "task_categories": {task: task.replace("-", " ").capitalize() for task in TASKS},
        "size_categories": {category: category for category in CATEGORIES},
        "modality": {name: name.capitalize() for name in dict.fromkeys(MODALITIES)},
        "format": dict(zip(dict.fromkeys(FORMATS), dict.fromkeys(FORMATS), strict=True)),
        "library": {name: name for name in LIBRARIES},
        "language": LANGUAGES,
        "license": {name: name for name in LICENSES},
        "region": {"us": "Region: US", "eu": "Region: EU"},
    }
    found = {
        kind: [
            {"type": kind, "label": text, "id": f"{kind}:{name}"} for name, text in names.items()
        ]
        for kind, names in labels.items()
    }
    found["other"] = [
        {"type": "other", "label": tag, "id": tag} for tag in dict.fromkeys(FREE_TAGS)
    ]
    return found
