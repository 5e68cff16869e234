"""Every kind of damage is found, and named; a sound catalog is not suspected."""

import base64
import gzip

import redis

from collinear.search.index.writer import IndexWriter
from collinear.settings import Settings
from collinear.store.keys import ORDERS, Keys
from collinear.store.run_records import Kind
from tests.agreement import disagreements, stored_documents, verified
from tests.hubs import RunningHub
from tests.search.datasets import HEAP
from tests.store.stock import Stock, dataset
from tests.sync.conftest import Walker
from tests.verify.conftest import Found, Look

ID = "Beta/set-1"


def words(found: Found, check: str) -> str:
    return "; ".join(f"{example.subject} {example.problem}" for example in found[check])


def hub_id(store: redis.Redis, keys: Keys, id_: str = ID) -> str:
    return str(stored_documents(store, keys)[id_]["hub_id"])


def test_a_catalog_with_a_history_is_sound(look: Look) -> None:
    assert look() == {}


def test_an_empty_store_has_nothing_to_disagree(store: redis.Redis, keys: Keys) -> None:
    report = verified(store, keys)

    assert disagreements(report) == {}
    assert report.notes == ["nothing is stored yet"]


def test_an_empty_catalog_is_sound(walker: Walker, store: redis.Redis, keys: Keys) -> None:
    walker.run()

    assert disagreements(verified(store, keys)) == {}


def test_long_and_strange_texts_are_no_damage(store: redis.Redis, keys: Keys) -> None:
    names = ["a/" + "长" * 900, "Ünï/ÇØDÉ", "x/İstanbul", 'q/"hub_id":"00"', "e/\x01\x7f", "alone"]
    Stock(store, keys).put(
        *(
            dataset(place, name, tags=("\ud800", "ok"), description="\x00" * 50)
            for place, name in enumerate(names)
        )
    )

    report = verified(store, keys)

    assert report.datasets == 6
    assert disagreements(report).keys() == {"snapshot"}  # which only a complete run writes


def test_a_document_that_is_gone(look: Look, store: redis.Redis, keys: Keys) -> None:
    store.hdel(keys.documents, ID)

    found = look()

    assert words(found, "documents") == f"{ID} has no document"
    assert "documents holds 6; the catalog order holds 7" in words(found, "counts")
    assert ID in words(found, "snapshot")


def test_a_document_that_is_none(look: Look, store: redis.Redis, keys: Keys) -> None:
    for text in (b"{", b"[]", b"{}", b"\xff\xfe", b'{"hub_id":"00"}'):
        store.hset(keys.documents, ID, text)

        assert "cannot be read" in words(look(), "documents")


def test_the_document_of_another(look: Look, store: redis.Redis, keys: Keys) -> None:
    other = store.hget(keys.documents, "acme/set-0")
    store.hset(keys.documents, ID, other)

    assert words(look(), "documents") == f"{ID} has the document of 'acme/set-0'"


def test_a_document_that_nobody_ordered(look: Look, store: redis.Redis, keys: Keys) -> None:
    store.hset(keys.documents, "stray/one", b"{}")

    assert "stray/one is in documents, and not in the catalog order" in words(look(), "counts")


def test_a_grade_that_its_metrics_do_not_give(look: Look, store: redis.Redis, keys: Keys) -> None:
    document = store.hget(keys.documents, ID).replace(b'"medium"', b'"high"')
    store.hset(keys.documents, ID, document)

    assert words(look(), "impact").startswith(f"{ID} is graded 'high'")


def test_a_score_that_is_another(look: Look, store: redis.Redis, keys: Keys) -> None:
    for field in ORDERS:
        score = store.zscore(keys.by(field), ID)
        store.zadd(keys.by(field), {ID: 5})

        assert f"{ID} has 5 in by:{field}, not " in words(look(), "orders")
        store.zadd(keys.by(field), {ID: score})


def test_an_order_that_lacks_one(look: Look, store: redis.Redis, keys: Keys) -> None:
    for field in ORDERS:
        score = store.zscore(keys.by(field), ID)
        store.zrem(keys.by(field), ID)

        found = look()

        assert words(found, "orders") == f"{ID} is not in by:{field}"
        assert words(found, "counts") == f"by:{field} holds 6; the catalog order holds 7"
        store.zadd(keys.by(field), {ID: score})
    assert look() == {}


def test_an_order_that_holds_a_stranger(look: Look, store: redis.Redis, keys: Keys) -> None:
    store.zadd(keys.by("likes"), {"stray/one": 5})

    assert "stray/one is in by:likes, and not in the catalog order" in words(look(), "counts")


def test_a_dataset_that_the_catalog_order_lacks(look: Look, store: redis.Redis, keys: Keys) -> None:
    store.zrem(keys.ids, ID)

    found = look()

    assert f"{ID} is in documents, and not in the catalog order" in words(found, "counts")
    assert "total_items holds 7" in words(found, "counts")


def test_a_place_in_another_second(look: Look, store: redis.Redis, keys: Keys) -> None:
    store.zincrby(keys.ids, 5 * 2**21, ID)

    assert "not in its second" in words(look(), "catalog order")


def test_a_place_that_two_share(look: Look, store: redis.Redis, keys: Keys) -> None:
    ids = store.zrange(keys.ids, 0, -1, withscores=True)
    for id_, score in ids:
        store.zadd(keys.ids, {id_: score // 2**21 * 2**21})

    found = look().get("catalog order", [])

    seconds = {score // 2**21 for _, score in ids}
    assert bool(found) is (len(seconds) < len(ids))


def test_an_identity_that_is_gone(look: Look, store: redis.Redis, keys: Keys) -> None:
    store.hdel(keys.identities, hub_id(store, keys))

    found = look()

    assert "has no identity" in words(found, "identities")
    assert "not in the catalog" in words(found, "replay")
    assert "not in the catalog" in words(found, "snapshot")


def test_an_identity_with_another_name(look: Look, store: redis.Redis, keys: Keys) -> None:
    known = hub_id(store, keys)
    ordinal = store.hget(keys.identities, known).partition(b" ")[0]
    store.hset(keys.identities, known, ordinal + b" acme/set-0")

    found = look()

    assert f"{ID} is called 'acme/set-0'" in words(found, "identities")
    assert "is 'acme/set-0' in the catalog, and not by the changes" in words(found, "replay")


def test_an_identity_of_nobody(look: Look, store: redis.Redis, keys: Keys) -> None:
    store.hset(keys.identities, "f" * 24, "2 stray/one")

    found = look()

    assert "is the identity of 'stray/one', which is not there" in words(found, "identities")
    assert "stray/one" in words(found, "replay")


def test_an_ordinal_that_two_share(look: Look, store: redis.Redis, keys: Keys) -> None:
    store.hset(keys.identities, hub_id(store, keys), f"0 {ID}")

    assert "and so has another dataset" in words(look(), "identities")


def test_an_ordinal_that_was_never_given_out(look: Look, store: redis.Redis, keys: Keys) -> None:
    store.hset(keys.identities, hub_id(store, keys), f"99 {ID}")

    assert f"{ID} has ordinal 99; only 8 were given out" in words(look(), "identities")


def test_a_mark_that_nobody_sets(look: Look, store: redis.Redis, keys: Keys) -> None:
    ordinal = int(store.hget(keys.identities, hub_id(store, keys)).partition(b" ")[0])
    for mark, says in ((b"\xff" * 4, "is marked as removed"), (bytes(4), "was never marked")):
        store.setrange(keys.seen, ordinal * 4, mark)

        assert says in words(look(), "marks")


def test_names_that_lead_nowhere(look: Look, store: redis.Redis, keys: Keys) -> None:
    store.hdel(keys.folded, ID.lower())
    store.hset(keys.folded, "stray/one", '["Stray/One"]')
    store.hset(keys.folded, "stray/two", "no list")
    store.hset(keys.renamed, ID, hub_id(store, keys))
    store.hset(keys.renamed, "some/former", "nobody")

    said = words(look(), "names")

    assert f"{ID} is not found by its id in lower case" in said
    assert "Stray/One is found by its lower case, and not there" in said
    assert "stray/two leads to" in said
    assert f"{ID} is a former id of the dataset that has it now" in said
    assert "some/former is a former id of b'nobody'" in said


def test_a_page_map_that_goes_back(look: Look, store: redis.Redis, keys: Keys) -> None:
    pages = store.lrange(keys.page_map, 0, -1)
    store.delete(keys.page_map)
    store.rpush(keys.page_map, pages[1], *pages, "{", '["x", null]')

    said = words(look(), "page map")

    assert "the page before with" in said
    assert "cannot be read: b'{'" in said
    assert "has a cursor that is none" in said


def test_a_change_that_was_forged(look: Look, store: redis.Redis, keys: Keys) -> None:
    """Serials go on as they should; what they announce never happened."""
    forged = {
        "op": "delete",
        "id": ID,
        "hub_id": hub_id(store, keys),
        "previous_id": "",
        "changed": "",
        "at": "2026-01-01T00:00:00.000Z",
    }
    for more in ({}, {"op": "burn"}, {"hub_id": "x"}, {"at": "soon"}, {"op": "update"}):
        store.xadd(keys.changes, forged | more)

    found = look()

    assert f"is '{ID}' in the catalog, and not by the changes" in words(found, "replay")
    assert "has the op b'burn'" in words(found, "changes")
    assert "has the hub_id 'x'" in words(found, "changes")
    assert "has no moment" in words(found, "changes")
    assert "updates nothing" in words(found, "changes")
    assert "the newest change is" in words(found, "books")


def test_a_change_that_was_taken_out(look: Look, store: redis.Redis, keys: Keys) -> None:
    serial = store.hget(keys.meta, "snapshot_serial").partition(b":")[2]
    [(after, _)] = store.xrange(keys.changes, b"(" + serial, count=1)
    store.xdel(keys.changes, after)

    assert "was taken out of the stream" in words(look(), "changes")


def test_changes_that_were_trimmed_are_no_damage(
    look: Look, store: redis.Redis, keys: Keys
) -> None:
    """The snapshot stands in for what was trimmed; behind its serial nothing may go."""
    serial = store.hget(keys.meta, "snapshot_serial").partition(b":")[2]
    store.xtrim(keys.changes, minid=serial, approximate=False)
    assert look() == {}

    store.xtrim(keys.changes, maxlen=1, approximate=False)
    store.xtrim(keys.changes, maxlen=0, approximate=False)
    assert "the changes after it are not all kept" in words(look(), "snapshot")


def test_a_snapshot_that_cannot_be_read(look: Look, store: redis.Redis, keys: Keys) -> None:
    text = store.get(keys.snapshot())
    for damage in (
        text[: len(text) // 8 * 4],
        b"*" * len(text),
        base64.b64encode(b"no gzip at all"),
        text[:60] + bytes([text[60] ^ 1]) + text[61:],
    ):
        store.set(keys.snapshot(), damage)

        assert look()["snapshot"]


def test_a_snapshot_of_something_else(look: Look, store: redis.Redis, keys: Keys) -> None:
    lines = gzip.decompress(base64.b64decode(store.get(keys.snapshot()))).splitlines(True)
    wrong = [lines[0], lines[0], lines[3], lines[2].replace(b'"likes":0', b'"likes":7'), b"{\n"]
    store.set(keys.snapshot(), base64.b64encode(gzip.compress(b"".join(wrong))))

    said = words(look(), "snapshot")

    assert "is in the snapshot twice" in said
    assert "behind a dataset that comes after it" in said
    assert "cannot be read" in said


def test_a_snapshot_that_lags_without_a_change(look: Look, store: redis.Redis, keys: Keys) -> None:
    text = gzip.decompress(base64.b64decode(store.get(keys.snapshot())))
    other = text.replace(b'"downloads":80000', b'"downloads":80001')
    store.set(keys.snapshot(), base64.b64encode(gzip.compress(other)))

    assert f"{ID} is not in the snapshot as its document is" in words(look(), "snapshot")


def test_a_snapshot_that_is_gone(look: Look, store: redis.Redis, keys: Keys) -> None:
    store.delete(keys.snapshot())

    assert words(look(), "snapshot") == "snapshot is not there"


def test_books_that_cannot_be_read(look: Look, store: redis.Redis, keys: Keys) -> None:
    store.hset(keys.meta, mapping={"held_removals": "many", "refreshing": "true"})
    store.hset(keys.dead_letters, "x", "{}")

    said = words(look(), "books")

    assert "held_removals cannot be read" in said
    assert "refreshing is true, and the run is succeeded" in said
    assert "dead letters hold what cannot be read" in said


def test_an_index_that_lacks_one_and_holds_a_stranger(
    look: Look, store: redis.Redis, keys: Keys, settings: Settings
) -> None:
    stray = stored_documents(store, keys)["acme/set-0"] | {"hub_id": "f" * 24, "id": "stray/one"}
    with IndexWriter(settings.index_dir, heap_bytes=HEAP) as index:
        assert index.serial is not None
        index.drop([hub_id(store, keys)])
        index.commit(index.serial)
        missing = words(look(), "index")
        index.put([(70, stray)])
        index.put([(71, stray | {"hub_id": "e" * 24})])
        index.commit(index.serial)
        stranger = words(look(), "index")

    assert f"({ID}) is not in the index" in missing
    assert "index holds 6 datasets; the catalog holds 7" in missing
    assert "index holds 8 datasets; the catalog holds 7" in stranger


def test_an_index_with_other_values(
    look: Look, store: redis.Redis, keys: Keys, settings: Settings
) -> None:
    document = stored_documents(store, keys)[ID] | {"likes": 3, "name": "other"}
    ordinal = int(store.hget(keys.identities, hub_id(store, keys)).partition(b" ")[0])
    with IndexWriter(settings.index_dir, heap_bytes=HEAP) as index:
        assert index.serial is not None
        index.put([(ordinal, document)])
        index.commit(index.serial)

    assert f"({ID}) has other values in the index: by_likes" in words(look(), "index")


def test_an_index_that_is_behind_is_said_and_no_damage(
    look: Look, hub: RunningHub, catalog: Walker, store: redis.Redis, keys: Keys, settings: Settings
) -> None:
    hub.edit(ID, commit=True, likes=9)
    hub.add(id="acme/newer")
    catalog.run(Kind.DELTA)

    report = verified(store, keys, index_dir=settings.index_dir, patience=0)

    assert disagreements(report) == {}
    assert report.checks[-1].notes == ["2 datasets changed after it: they are not in it yet"]
