"""What an answer says it was made from is never newer than what it was made from."""

from pathlib import Path

import pytest
import redis.asyncio

from collinear.browse.discovery import Discovery
from collinear.search.index.writer import IndexWriter
from collinear.search.reader import IndexReader
from collinear.settings import Settings
from collinear.store.keys import Keys
from collinear.store.reader import CatalogReader
from tests.search.datasets import HEAP, SERIAL, build, rows
from tests.store.stock import Stock, dataset

pytestmark = pytest.mark.anyio


async def test_what_is_like_a_dataset_is_like_the_one_that_was_read(
    stock: Stock, settings: Settings, redis_url: str, keys: Keys
) -> None:
    """The dataset changes while others are looked for: nobody may take the answer for a new one."""
    shared = ("task_categories:question-answering",)
    stock.put(dataset(1, "a/one", tags=shared), dataset(2, "b/two", tags=shared))
    stock.index(settings.index_dir)
    async with redis.asyncio.Redis.from_url(redis_url, protocol=2) as client:
        reader = CatalogReader(client, keys)
        discovery = Discovery(reader, IndexReader(settings.index_dir))
        found = await reader.get("a/one")
        stock.put(dataset(1, "a/one", tags=()))

        similar = await discovery.similar(found, 5)

        assert similar.shared_tags == [list(shared)]
        assert similar.basis.version == found.version != await reader.version()


def test_an_index_whose_segments_have_changed_has_another_name(tmp_path: Path) -> None:
    """True for the same serial, but what was replaced is counted no more."""
    few = [dataset(1, "a/one"), dataset(2, "b/two")]
    reader = build(tmp_path, few)
    names = {reader.commit().name}
    for _ in range(3):
        with IndexWriter(tmp_path, heap_bytes=HEAP) as writer:
            writer.put(rows(few))
            writer.commit(SERIAL)
        assert reader.commit().name not in names
        names.add(reader.commit().name)
        assert IndexReader(tmp_path).commit().name in names, "every process calls it the same"
