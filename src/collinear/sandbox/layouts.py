"""How the files of a dataset are arranged; which way, its identity decides."""

from typing import NamedTuple

from collinear.sandbox.fill import digest

_MANY = 2_400


class Layout(NamedTuple):
    """The name of an arrangement and the paths of its data files."""

    kind: str
    paths: tuple[str, ...]


def layout(hub_id: str) -> Layout:
    """The arrangement of this dataset's data."""
    number = int.from_bytes(digest(hub_id, "layout")[:4], "big")
    if number % 199 == 0:
        return Layout("many", _many())
    if number % 13 == 1:
        return Layout("odd", _ODD)
    count = 1 + number // 7 % 12
    match number % 5:
        case 0:
            return Layout("table", ("data.csv",))
        case 1:
            paths = [f"{code}/{split}.jsonl" for code in ("en", "fr", "sw") for split in _SPLITS]
            return Layout("languages", (*paths, "scripts/prepare.py"))
        case 2:
            paths = [f"audio/speaker {n % 3}/clip_{n:04d}.wav" for n in range(5 * count)]
            return Layout("audio", (*paths, "metadata.csv"))
        case _:
            shards = [f"data/train-{n:05d}-of-{count:05d}.parquet" for n in range(count)]
            return Layout("shards", (*shards, "data/test-00000-of-00001.parquet"))


_SPLITS = ("train", "validation", "test")
_ODD = (
    "data/with space.csv",
    "data/100% real.csv",
    "data/a+b=c.json",
    "data/question?.txt",
    "data/issue #7.txt",
    "データ/訓練.jsonl",
    "données/été & hiver.csv",
    "🤗/hello.txt",
    "deeply/nested/folder/of/files/part-0.parquet",
    "deeply/nested/folder/of/other/part-1.parquet",
)


def _many() -> tuple[str, ...]:
    images = [f"images/{n // 100:02d}/{n:05d}.jpg" for n in range(_MANY)]
    return (*images, "labels.csv")
