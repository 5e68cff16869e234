"""`GET /api/datasets`: filters, orders, cursors."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote

from collinear.domain import moments
from collinear.domain.errors import BadCursor
from collinear.sandbox import answers, cursors, rowtext, shapes
from collinear.sandbox.answers import Answer
from collinear.sandbox.cursors import Place
from collinear.sandbox.orders import UNKNOWN, Sort
from collinear.sandbox.request import Request
from collinear.sandbox.shapes import BadExpand, Shape
from collinear.sandbox.world import World

PAGE_CAP = 1000
_DIGITS = re.compile(r"[+-]?[0-9]{1,18}")


class BadQuery(Exception):
    """A parameter that makes no sense; the message is what the Hub answers."""


class Page(NamedTuple):
    """The slots of a page, and whether more come behind them."""

    slots: list[int]
    more: bool


@dataclass(frozen=True)
class Query:
    """What a listing asks for; parameters that the Hub does not know are not in it."""

    sort: Sort
    ascending: bool
    limit: int
    cursor: str | None
    shape: Shape
    tags: tuple[str, ...]
    author: str | None
    words: tuple[str, ...]
    gated: bool | None

    @property
    def selective(self) -> bool:
        """Whether only some rows are wanted."""
        return bool(self.tags or self.author is not None or self.words or self.gated is not None)

    @property
    def backwards(self) -> bool:
        """Whether the order is read from its end: it is kept ascending, and asked descending."""
        return self.sort is Sort.ID or (self.sort is Sort.CREATED_AT and not self.ascending)


def parse(request: Request, *, cap: int = PAGE_CAP) -> Query:
    """The query of a request; raises BadQuery and BadExpand."""
    try:
        sort = Sort(request.last("sort") or Sort.TRENDING_SCORE)
    except ValueError:
        raise BadQuery(f'"sort" must be one of [{", ".join(Sort)}]') from None
    wanted = tuple(part for value in request.all("expand") for part in value.split(","))
    if wanted:
        shape = shapes.expanded(wanted)
    else:
        shape = shapes.FULL if request.flag("full") else shapes.DEFAULT
    return Query(
        sort=sort,
        ascending=sort is Sort.CREATED_AT and request.last("direction") == "1",
        limit=_limit(request.last("limit"), cap),
        cursor=request.last("cursor"),
        shape=shape,
        tags=tuple(request.all("filter")),
        author=request.last("author"),
        words=tuple(word.lower() for word in request.all("search") if word),
        gated=request.flag("gated"),
    )


def answer(
    world: World,
    request: Request,
    *,
    anonymous: bool,
    cap: int = PAGE_CAP,
    emptied: bool = False,
) -> Answer:
    """
    One page of the listing, with a Link to the next one if there is one.

    ``emptied``: the page has lost all its rows to a filter, and leads on to where they begin.
    """
    try:
        query = parse(request, cap=cap)
        page = find(world, query, anonymous=anonymous)
    except (BadQuery, BadExpand) as error:
        return answers.bad_request(str(error))
    except BadCursor:
        return answers.bad_request('Invalid value for "cursor"')
    if emptied and page.slots:
        before = _just_before(world, query, page.slots[0])
        return Answer(200, b"[]").saying(_link(request, query, before))
    reply = Answer(200, shapes.page(world, page.slots, query.shape))
    if page.more:
        place = _place(world, query.sort, page.slots[-1])
        reply = reply.saying(_link(request, query, place))
    return reply


def find(world: World, query: Query, *, anonymous: bool) -> Page:
    """The slots that answer the query, in its order; raises BadCursor."""
    order = world.order(query.sort)
    slots, size = order.slots, len(order.slots)
    backwards = query.backwards
    start = 0
    if query.cursor is not None:
        rank = cursors.decode(query.cursor, query.sort, ascending=query.ascending)
        start = size - order.before(rank) if backwards else order.after(rank)
    hidden = (world.hidden if anonymous else set()) | world.unlisted
    if query.selective or hidden:
        places = range(size - 1 - start, -1, -1) if backwards else range(start, size)
        fits = _filter(world, query)
        walk = (slots[place] for place in places)
        passing = (slot for slot in walk if slot not in hidden and fits(slot))
        found = list(islice(passing, query.limit + 1))
    elif backwards:
        end = size - start
        found = list(reversed(slots[max(0, end - query.limit - 1) : end]))
    else:
        found = slots[start : start + query.limit + 1].tolist()
    return Page(found[: query.limit], len(found) > query.limit)


def _link(request: Request, query: Query, place: Place) -> tuple[str, str]:
    cursor = cursors.encode(
        query.sort, place, ascending=query.ascending, searching=bool(query.words)
    )
    kept = [part for part in request.query.split("&") if part and not part.startswith("cursor=")]
    address = f"{request.origin}{request.path}?{'&'.join([*kept, 'cursor=' + quote(cursor, '')])}"
    return ("Link", f'<{address}>; rel="next"')


def _place(world: World, sort: Sort, slot: int) -> Place:
    hub_id = world.hub_ids[slot]
    if sort is Sort.ID:
        return Place(world.ids[slot], hub_id)
    value = world.value(sort, slot) if sort is not Sort.CREATED_AT else UNKNOWN
    if value == UNKNOWN:
        return Place(None, hub_id)
    if sort is Sort.LAST_MODIFIED:
        return Place(moments.to_text(int(value)), hub_id)
    return Place(int(value) if value.is_integer() else value, hub_id)


def _just_before(world: World, query: Query, slot: int) -> Place:
    """A place between a row and the one before it, where no row is."""
    value, hub_id = _place(world, query.sort, slot)
    if query.sort is Sort.ID:
        return Place(f"{value}\0", hub_id)
    step = 1 if query.backwards else -1
    return Place(value, f"{int(hub_id, 16) + step:024x}")


def _filter(world: World, query: Query) -> Callable[[int], bool]:
    quoted = [rowtext.dump(tag) for tag in query.tags]
    namespace = f"{query.author}/" if query.author is not None else ""

    def fits(slot: int) -> bool:
        dataset_id = world.ids[slot]
        if namespace and not dataset_id.startswith(namespace):
            return False
        if query.words:
            folded = dataset_id.lower()
            if not all(word in folded for word in query.words):
                return False
        if not quoted and query.gated is None:
            return True
        text = world.texts[slot] or b""
        if query.gated is not None and query.gated is (b'"gated":false' in text):
            return False
        # The quick look finds the tag's bytes anywhere in the row; the slow one makes sure.
        if not all(tag in text for tag in quoted):
            return False
        return not quoted or set(query.tags) <= set(rowtext.load(text).get("tags", ()))

    return fits


def _limit(text: str | None, cap: int) -> int:
    if text is None:
        return cap
    if not _DIGITS.fullmatch(text):
        raise BadQuery('"limit" must be a number')
    limit = int(text)
    if limit < 1:
        raise BadQuery('"limit" must be greater than or equal to 1')
    return min(limit, cap)
