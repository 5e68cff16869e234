"""Following the catalog: every change once and in order, or a clear word that some are missing."""

import random
import threading
from typing import Any

import httpx2
import pytest
import redis

from collinear.api.shapes import models
from collinear.store.keys import Keys
from tests.api.answers import blamed, found, raw, refused
from tests.store.stock import Stock, dataset

CHANGES = "/api/datasets/changes"


@pytest.fixture
def history(stock: Stock) -> Stock:
    """Two datasets come, one changes, one is renamed and changes, one leaves."""
    stock.put(dataset(1, "org/a"), dataset(2, "org/b"))
    stock.put(dataset(1, "org/a", downloads=5, likes=1))
    stock.put(dataset(2, "new/b", likes=7))
    stock.drop(dataset(1, "org/a"))
    return stock


def read(api: httpx2.Client, **asked: Any) -> models.Changes:
    answer = api.get(CHANGES, params=asked)
    assert answer.status_code == 200, answer.text
    return models.Changes.model_validate_json(answer.content)


def follow(api: httpx2.Client, since: str | None = None, **asked: Any) -> list[models.Change]:
    """All changes after a position, page by page."""
    changes: list[models.Change] = []
    while True:
        page = read(api, **asked, **({"since": since} if since else {}))
        changes += page.changes
        if page.next == page.serial:
            return changes
        since = page.next


def test_a_change_says_what_happened(api: httpx2.Client, history: Stock) -> None:
    """Five of them, from the oldest; the serials grow, and the last one is the catalog's."""
    page = read(api)
    told = [
        (one.op, one.id, one.hub_id[-1], one.previous_id, set(one.changed)) for one in page.changes
    ]
    assert told[:2] == [
        ("create", "org/a", "1", None, set()),
        ("create", "org/b", "2", None, set()),
    ]
    assert told[2][:4] == ("update", "org/a", "1", None)
    assert {"downloads", "likes"} <= told[2][4]
    assert told[3][:4] == ("move", "new/b", "2", "org/b")
    assert "likes" in told[3][4]
    assert told[4] == ("delete", "org/a", "1", None, set())
    assert page.next == page.serial == page.changes[-1].serial == str(history.serial)
    assert "document" not in api.get(CHANGES).json()["changes"][0]


@pytest.mark.parametrize("limit", [1, 2, 4, 5, 1000])
def test_pages_of_any_size_lead_to_the_same_end(
    api: httpx2.Client, history: Stock, limit: int
) -> None:
    """`next` is what to send as `since`; at the end it is the newest serial, and stays so."""
    whole = read(api).changes
    assert follow(api, limit=limit) == whole
    assert follow(api, f"{history.serial.epoch}:0-0", limit=limit) == whole
    for place, change in enumerate(whole):
        assert follow(api, change.serial, limit=limit) == whole[place + 1 :]
    end = read(api, since=str(history.serial), limit=limit)
    assert (end.changes, end.next, end.serial) == ([], str(history.serial), str(history.serial))


def test_where_nothing_is_there_is_nothing_to_follow(api: httpx2.Client) -> None:
    """Nobody has begun a catalog."""
    page = read(api)
    assert (page.changes, page.next, page.serial) == ([], None, None)


def test_an_empty_catalog_can_be_followed_from_its_beginning(
    api: httpx2.Client, stock: Stock
) -> None:
    """What comes later is then not missed."""
    page = read(api)
    beginning = f"{stock.serial.epoch}:0-0"
    assert (page.changes, page.next, page.serial) == ([], beginning, beginning)
    assert read(api, since=beginning) == page
    stock.put(dataset(1, "org/a"))
    assert [one.id for one in follow(api, beginning)] == ["org/a"]


def test_a_position_that_was_trimmed_is_gone(api: httpx2.Client, history: Stock) -> None:
    """410 that points to the whole catalog; what is kept can still be followed."""
    whole = read(api).changes
    history.client.xtrim(history.keys.changes, maxlen=3, approximate=False)
    for gone in (f"{history.serial.epoch}:0-0", whole[0].serial, whole[1].serial):
        answer = api.get(CHANGES, params={"since": gone})
        problem = refused(answer, 410, "position-gone")
        assert gone in problem["detail"]
        assert problem["export"] == "/api/datasets/export"
        assert answer.headers["x-catalog-serial"] == str(history.serial)
    assert follow(api, whole[2].serial) == whole[3:]
    assert follow(api) == whole[2:]


def test_a_position_that_never_was_is_gone_too(api: httpx2.Client, history: Stock) -> None:
    """Between two changes, after the last, of another epoch: nobody knows what is missing."""
    epoch, position = history.serial
    first, _, second = position.partition("-")
    for never in (f"{epoch}:1-1", f"{epoch}:{first}-{int(second) + 1}", f"another:{position}"):
        refused(api.get(CHANGES, params={"since": never}), 410, "position-gone")
    history.client.hset(history.keys.meta, "epoch", "another")
    answer = api.get(CHANGES, params={"since": f"{epoch}:{position}"})
    assert "another epoch" in refused(answer, 410, "position-gone")["detail"]


@pytest.mark.parametrize(
    "since",
    [
        "",
        " ",
        "1-1",
        "e:1",
        "e:1-",
        "e:-1-1",
        "e:1-1-1",
        "e:a-b",
        ":1-1",
        "e:1-1\n",
        "e:٣-1",
        "e:18446744073709551616-0",
        "e:1-18446744073709551616",
        "e" * 100 + ":1-1",
        "x" * 5000,
        "\x00",
    ],
)
def test_what_is_no_serial_is_refused(api: httpx2.Client, stock: Stock, since: str) -> None:
    """422 that says what to send."""
    reasons = blamed(api.get(CHANGES, params={"since": since}))
    assert list(reasons) == ["since"]
    assert "no serial" in reasons["since"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=x", "limit"),
        ("include=documents", "include"),
        ("include=", "include"),
        ("offset=1", "offset"),
        ("since=e:1-1&since=e:1-2", "since"),
        ("since=%ff", "since"),
    ],
)
def test_parameters_that_do_not_fit_are_named(api: httpx2.Client, query: str, name: str) -> None:
    """Also unknown ones."""
    assert list(blamed(api.get(f"{CHANGES}?{query}"))) == [name]


def test_numbers_of_a_serial_may_have_zeros_before(api: httpx2.Client, history: Stock) -> None:
    """It is the same position."""
    epoch, position = read(api).changes[1].serial.split(":")
    first, second = position.split("-")
    assert read(api, since=f"{epoch}:0{first}-00{second}").changes == read(api).changes[2:]


def test_documents_are_as_they_are_now(api: httpx2.Client, history: Stock) -> None:
    """By the identity of the dataset, not by its id: what is gone is null."""
    history.put(dataset(3, "org/a", likes=99))  # another dataset takes the id of the one that left
    answer = api.get(CHANGES, params={"include": "document"})
    page = models.Changes.model_validate_json(answer.content)
    a, b = f"{1:024x}", f"{2:024x}"
    documents = {one.hub_id: one.document for one in page.changes}
    assert documents[a] is None
    now = documents[b]
    assert now is not None
    assert (now.id, now.likes) == ("new/b", 7)
    again = documents[f"{3:024x}"]
    assert again is not None
    assert again.likes == 99
    items = {item["id"]: item for item in found(api.get("/api/datasets"))["items"]}
    for change in answer.json()["changes"]:
        assert change["document"] == (
            None if change["hub_id"] == a else items[change["document"]["id"]]
        )


@pytest.mark.parametrize("limit", [3, 1000])
def test_a_copy_that_follows_is_the_catalog(api: httpx2.Client, stock: Stock, limit: int) -> None:
    """As the documentation says: put each document, remove what is null or a delete."""
    chance = random.Random(limit)
    there: dict[int, str] = {}
    for place in range(60):
        number = chance.randrange(12)
        if number in there and chance.random() < 0.3:
            stock.drop(dataset(number, there.pop(number)))
            continue
        there[number] = f"org/{number}-{chance.randrange(2)}"
        stock.put(dataset(number, there[number], likes=place))

    copy: dict[str, dict[str, Any]] = {}
    since: str | None = None
    while True:
        asked = {"limit": limit, "include": "document", **({"since": since} if since else {})}
        page = found(api.get(CHANGES, params=asked))
        for change in page["changes"]:
            if change["op"] == "delete" or change["document"] is None:
                copy.pop(change["hub_id"], None)
            else:
                copy[change["hub_id"]] = change["document"]
        since = page["next"]
        if since == page["serial"]:
            break
    items = found(api.get("/api/datasets?limit=1000"))["items"]
    assert copy == {item["hub_id"]: item for item in items}
    assert sorted(item["id"] for item in items) == sorted(there.values())


def test_a_page_is_cut_where_its_documents_are_large(api: httpx2.Client, stock: Stock) -> None:
    """Nobody has to take a gigabyte at once; nothing is left out."""
    large = "x" * 1_500_000
    for start in range(0, 14, 2):
        stock.put(*(dataset(n, f"org/{n}", description=large) for n in (start, start + 1)))
    page = read(api, include="document", limit=1000)
    assert 5 < len(page.changes) < 14
    rest = follow(api, page.next, include="document", limit=1000)
    assert [one.id for one in [*page.changes, *rest]] == [f"org/{n}" for n in range(14)]
    assert all(one.document is not None for one in rest)


def test_the_feed_is_one_address(api: httpx2.Client, history: Stock) -> None:
    """With a slash at the end or without, and whatever datasets are called."""
    history.put(dataset(5, "changes"), dataset(6, "changes/data"), dataset(7, "dead-letters"))
    feed = found(raw(api, CHANGES))
    assert found(raw(api, f"{CHANGES}/")) == feed
    assert len(feed["changes"]) == 8
    assert found(raw(api, f"{CHANGES}/data"))["id"] == "changes/data"
    assert found(raw(api, "/api/datasets/dead-letters")) == {"total": 0, "items": []}


def test_a_new_epoch_is_another_answer(api: httpx2.Client, history: Stock) -> None:
    """Also while nothing else has changed."""
    etag = api.get(CHANGES).headers["etag"]
    assert api.get(CHANGES, headers={"if-none-match": etag}).status_code == 304
    history.client.hset(history.keys.meta, "epoch", "another")
    assert api.get(CHANGES, headers={"if-none-match": etag}).status_code == 200


def test_trimming_while_somebody_reads_never_hides_a_change(
    api: httpx2.Client, stock: Stock, keys: Keys, redis_url: str
) -> None:
    """The stream keeps fewer changes than come between two pages: 410, or not one is missing."""
    stop = threading.Event()

    def announce() -> None:
        number = 0
        with redis.Redis.from_url(redis_url, protocol=2) as client:
            while not stop.wait(0.001):
                with client.pipeline(transaction=False) as pipe:
                    for number in range(number + 1, number + 21):  # noqa: B020 - goes on counting
                        fields = {"op": "update", "id": f"org/{number}", "hub_id": f"{number:x}"}
                        more = {"previous_id": "", "changed": "likes", "at": "2026-01-01T00:00:00Z"}
                        pipe.xadd(keys.changes, fields | more, maxlen=100, approximate=False)
                    pipe.execute()

    writer = threading.Thread(target=announce)
    writer.start()
    gone, pages, since, last = 0, 0, None, None
    try:
        while pages < 200:
            answer = api.get(CHANGES, params={"limit": 40, **({"since": since} if since else {})})
            if answer.status_code == 410:
                gone, since, last = gone + 1, None, None
                continue
            page = found(answer)
            numbers = [int(change["id"][4:]) for change in page["changes"]]
            if last is not None and numbers:
                assert numbers[0] == last + 1
            assert (
                numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
            )
            last, since, pages = numbers[-1] if numbers else last, page["next"], pages + 1
    finally:
        stop.set()
        writer.join()
    assert pages == 200
