"""The index follows the catalog, whatever happens on the way."""

import threading
from pathlib import Path

from collinear.domain.change import BEGINNING, Serial
from collinear.domain.query import DatasetQuery
from collinear.follow import Follower
from collinear.search.generations import Generations
from collinear.search.index.writer import IndexWriter
from collinear.search.reader import IndexReader
from collinear.settings import Settings
from collinear.store.feed import CatalogFeed
from tests.follow.conftest import Following, indexed, wait_level
from tests.follow.shop import Shop
from tests.search.datasets import HEAP
from tests.waiting import wait_until


def test_what_happens_in_the_catalog_happens_in_the_index(
    shop: Shop, following: Following, reader: IndexReader
) -> None:
    """Created, changed, renamed, deleted: each can be seen a moment later."""
    with following():
        one = shop.put(1, "acme/one", description="first words")
        shop.put(2, "acme/two")
        wait_level(reader, shop)
        shop.put(2, "acme/two", description="other words")
        shop.put(1, "beta/renamed", description="first words")
        wait_level(reader, shop)
        assert reader.find(DatasetQuery(search="other words")).ids == ("acme/two",)
        assert reader.find(DatasetQuery(search="first")).ids == ("beta/renamed",)
        shop.drop(one)
        wait_level(reader, shop)
        shop.put(1, "acme/again")
        wait_level(reader, shop)


def test_an_empty_catalog_has_an_empty_index(
    shop: Shop, following: Following, reader: IndexReader
) -> None:
    """A catalog that has just begun can be searched, in vain."""
    with following():
        state = wait_until(reader.state, "the index to be there")
        assert (state.serial, state.documents) == (Serial("first", BEGINNING), 0)
        shop.put(1, "a/b")
        wait_level(reader, shop)


def test_a_new_name_may_have_been_anothers(
    shop: Shop, following: Following, reader: IndexReader
) -> None:
    """Two datasets swap their ids; each is found under its new one."""
    with following():
        shop.put(1, "a/left", description="lemon")
        shop.put(2, "a/right", description="raspberry")
        wait_level(reader, shop)
        shop.put(1, "a/between", description="lemon")
        shop.put(2, "a/left", description="raspberry")
        shop.put(1, "a/right", description="lemon")
        wait_level(reader, shop)
        assert reader.find(DatasetQuery(search="lemon")).ids == ("a/right",)


def test_a_follower_goes_on_where_it_was(
    shop: Shop, following: Following, reader: IndexReader
) -> None:
    """After a restart it reads what is new, and nothing else."""
    shop.put(1, "a/one", description="as announced")
    with following():
        wait_level(reader, shop)
    shop.change_secretly(1, "a/one", description="never announced")
    shop.put(2, "a/two")
    with following():
        wait_level(reader, shop)
    assert reader.find(DatasetQuery(search="never")).total == 0


def test_a_new_index_begins_with_the_snapshot(
    shop: Shop, following: Following, reader: IndexReader
) -> None:
    """What the snapshot holds is not read from the stream; what came after it is."""
    shop.fill(300)
    gone = shop.put(1, "a/gone")
    shop.put(2, "a/renamed-later")
    shop.put(3, "a/one", description="photographed")
    shop.write_snapshot(part=997)
    shop.put(2, "a/renamed", description="afterwards")
    shop.drop(gone)
    shop.put(4, "a/new")
    shop.change_secretly(3, "a/one", description="afterwards")
    with following():
        wait_level(reader, shop)
    assert reader.find(DatasetQuery(search="photographed")).ids == ("a/one",)
    assert reader.find(DatasetQuery(search="afterwards")).ids == ("a/renamed",)


def test_without_a_snapshot_the_stream_is_read_from_its_beginning(
    shop: Shop, following: Following, reader: IndexReader
) -> None:
    """More changes than one read or one commit takes."""
    shop.fill(4_500)
    with following():
        wait_level(reader, shop, within=20)
    hits = reader.find(DatasetQuery(sort_by="downloads", limit=3))
    assert hits.ids == ("many/d5499", "many/d5498", "many/d5497")


def test_without_a_snapshot_and_a_beginning_the_documents_are_read(
    shop: Shop, following: Following, reader: IndexReader
) -> None:
    """The stream was trimmed before anybody took a snapshot."""
    shop.fill(30)
    shop.client.xtrim(shop.keys.changes, maxlen=5, approximate=False)
    with following():
        wait_level(reader, shop)


def test_a_snapshot_that_is_too_old_is_no_beginning(
    shop: Shop, following: Following, reader: IndexReader
) -> None:
    """The changes after it were trimmed: it would miss something."""
    shop.fill(10)
    shop.write_snapshot()
    shop.fill(20, start=2000)
    shop.client.xtrim(shop.keys.changes, maxlen=5, approximate=False)
    with following():
        wait_level(reader, shop)


def test_a_damaged_snapshot_is_left_alone(
    shop: Shop, following: Following, reader: IndexReader
) -> None:
    """Whatever is wrong with it, the documents themselves are there."""
    shop.fill(200)
    for damage in (b"!", b"AAAA", b""):
        shop.write_snapshot(part=400)
        shop.client.set(shop.keys.snapshot(1), damage)
        with following():
            wait_until(lambda: indexed(reader) == shop.ids(), "the index to be level")
        shop.epoch += "x"  # the next follower has to build again
        shop.client.hset(shop.keys.meta, "epoch", shop.epoch)


def test_a_snapshot_of_another_epoch_is_left_alone(
    shop: Shop, following: Following, reader: IndexReader
) -> None:
    """It says nothing about the stream as it is."""
    shop.put(1, "a/one")
    shop.write_snapshot(serial="other:1-0")
    shop.put(2, "a/two")
    with following():
        wait_level(reader, shop)


def test_a_store_that_was_emptied_is_followed_again(
    shop: Shop, following: Following, reader: IndexReader
) -> None:
    """The index stays as it was until there is something new, which has another epoch."""
    shop.put(1, "a/one")
    with following():
        wait_level(reader, shop)
        for key in (shop.keys.meta, shop.keys.changes, shop.keys.documents, shop.keys.identities):
            shop.client.delete(key)
        assert indexed(reader) == ["a/one"]
        again = Shop(shop.client, shop.keys, epoch="second")
        again.put(7, "b/other")
        wait_level(reader, again)


def test_a_trimmed_place_means_to_begin_again(
    shop: Shop, following: Following, reader: IndexReader
) -> None:
    """Changes that nobody can read any more were missed; the epoch stays."""
    gone = shop.put(1, "a/gone")
    shop.put(2, "a/stays")
    with following():
        wait_level(reader, shop)
    shop.drop(gone)
    shop.fill(20)
    shop.client.xtrim(shop.keys.changes, maxlen=3, approximate=False)
    with following():
        wait_level(reader, shop)
    assert shop.client.hget(shop.keys.meta, "epoch") == b"first"


def test_changes_that_the_store_forgot_end_its_epoch(
    shop: Shop, following: Following, reader: IndexReader, feed: CatalogFeed
) -> None:
    """
    The index has seen what a crash took from the store.

    Serials that were handed out lead nowhere now: the store gets another epoch, and the index
    is built from what there is.
    """
    shop.put(1, "a/one")
    lost = shop.put(2, "a/lost")
    with following():
        wait_level(reader, shop)
    newest = shop.newest()
    shop.datasets.pop(lost)
    shop.client.xdel(shop.keys.changes, newest.position)
    shop.client.hdel(shop.keys.documents, "a/lost")
    shop.client.hdel(shop.keys.identities, lost)
    shop.put(3, "a/after")
    with following():
        wait_until(lambda: feed.epoch() != "first", "another epoch")
        shop.epoch = feed.epoch() or ""
        wait_level(reader, shop)
    assert shop.client.hget(shop.keys.meta, "serial") == str(shop.newest()).encode()


def test_a_bad_document_stops_nobody(shop: Shop, following: Following, reader: IndexReader) -> None:
    """It is left out, the others are there."""
    hub_id = shop.put(1, "a/bad")
    shop.put(2, "a/good", description="half a pair \ud800 and 日本語", tags=("x\x00y", "\udfff"))
    shop.client.hset(shop.keys.documents, "a/bad", f'{{"hub_id":"{hub_id}",nonsense'.encode())
    with following():
        wait_until(lambda: indexed(reader) == ["a/good"], "the good one")
        shop.client.hset(shop.keys.documents, "a/bad", f'{{"hub_id":"{hub_id}"}}'.encode())
        shop.put(3, "a/other")
        wait_until(lambda: indexed(reader) == ["a/good", "a/other"], "the other one")
    assert reader.find(DatasetQuery(search="日本 half")).ids == ("a/good",)


def test_one_folder_never_grows_without_bound(
    shop: Shop, following: Following, reader: IndexReader, settings: Settings
) -> None:
    """Many small commits leave few segments."""
    with following():
        for number in range(20):
            shop.put(1, "a/one", likes=number)
            wait_level(reader, shop)
    files = [path for path in Path(settings.index_dir).rglob("*") if path.is_file()]
    assert len(files) < 150


def test_who_leaves_and_comes_back_is_there_once(
    shop: Shop, following: Following, reader: IndexReader
) -> None:
    """It has another ordinal then, by which the index knows it; in one commit or in two."""
    hub_id = shop.put(1, "acme/one")
    with following():
        wait_level(reader, shop)
        one = shop.datasets[hub_id]
        shop.drop(hub_id)
        shop.put_back(one, ordinal=7)
        wait_level(reader, shop)
        shop.drop(hub_id)
        wait_level(reader, shop)
        shop.put_back(one, ordinal=8)
        wait_level(reader, shop)
    shop.drop(hub_id)
    shop.put_back(one, ordinal=9)
    with following():
        wait_level(reader, shop)


def test_a_worn_index_is_built_again_beside_itself(
    shop: Shop, feed: CatalogFeed, reader: IndexReader, settings: Settings
) -> None:
    """Replaced documents take room until then; searches never see a moment without an index."""
    shop.fill(40)
    generations = Generations(settings.index_dir)
    stopping, seen = threading.Event(), set()
    with IndexWriter(settings.index_dir, heap_bytes=HEAP) as index:
        follower = Follower(feed, index, commit_seconds=0.01, stopping=stopping, most_dead=30)
        thread = threading.Thread(target=follower.run)
        thread.start()
        try:
            wait_level(reader, shop)
            for turn in range(8):
                shop.fill(39, author=f"turn{turn}")  # one stays, and so does its segment
                wait_until(lambda: level(reader, shop), "the index to be level")
                seen.add(generations.current())
                assert index.wear().dead <= 30 + 40
        finally:
            stopping.set()
            thread.join()
    assert len(seen) > 1
    assert reader.find(DatasetQuery(author=["turn7"])).total == 39


def level(reader: IndexReader, shop: Shop) -> bool:
    state = reader.state()
    return state is not None and state.serial == shop.newest() and state.documents == 40
