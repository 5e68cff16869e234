"""Runs: one walk over the Hub's listing at a time, and everything that is known of it."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from importlib.resources import files
from typing import cast

import redis

from collinear.domain import moments
from collinear.domain.errors import CatalogError, RunFenced
from collinear.store import clock
from collinear.store.claim import Claim
from collinear.store.heartbeat import beating
from collinear.store.keys import Keys
from collinear.store.run_records import (
    Kind,
    Page,
    PageOutcome,
    Request,
    Run,
    Segment,
    State,
    parse_page,
    parse_request,
    parse_segment,
    print_page,
    print_request,
    print_segment,
)
from collinear.store.trouble import explain

FINISH = "finish"
"""The claim on the end of a run: the sweep, the snapshot and the books."""

NEWEST = "newest"
"""The claim on the newest commits, which a complete run looks at beside its pages."""

_MOST_STUMBLES = 10
"""Failures in a row that nobody expected, after which a run is given up."""


class Runs:
    """The books of the runs; every step of them is one atomic script."""

    def __init__(self, client: redis.Redis, keys: Keys, *, lease_seconds: float) -> None:
        self._client = client
        self._keys = keys
        self._lease_ms = int(lease_seconds * 1000)
        self._script = client.register_script(
            files("collinear.store").joinpath("runs.lua").read_bytes()
        )

    # Requests

    def request(self, wanted: Request) -> Request:
        """Queue a run; where one of its kind goes on or waits, that one instead."""
        known = self._call("request", wanted.kind, print_request(wanted), *_accepted(wanted))
        return parse_request(wanted.kind, cast(bytes, known))

    def waiting(self) -> list[Request]:
        """The requests that wait, in the order in which they will be served."""
        known = cast("dict[bytes, bytes]", self._client.hgetall(self._keys.requests))
        requests = [parse_request(Kind(kind.decode()), text) for kind, text in known.items()]
        return sorted(requests, key=lambda request: list(Kind).index(request.kind))

    # The life of a run

    def begin(
        self,
        wanted: Request,
        pages: Sequence[Page] = (Page(None),),
        *,
        watermark: int = 0,
        commits_until: int | None = None,
    ) -> Run | None:
        """
        Start the run with its pages; None where another one goes on, or it began already.

        The pages are those that are known from the beginning, numbered from 0.  ``watermark`` is
        the moment (ms) that a delta goes back to, ``commits_until`` the one up to which all
        commits are known once the run has ended (None: as before).
        """
        now = clock.now(self._client)
        begun = self._call(
            "begin",
            wanted.kind,
            wanted.run_id,
            wanted.task_id,
            *_accepted(wanted),
            now // 1000,
            moments.to_text(now),
            watermark,
            "" if commits_until is None else commits_until,
            "true" if wanted.kind.complete else "false",
            uuid.uuid4().hex[:12],
            json.dumps([print_page(page) for page in pages]),
        )
        return self.current() if begun else None

    def current(self) -> Run | None:
        """The run that goes on, or the last one."""
        stored = cast("dict[bytes, bytes]", self._client.hgetall(self._keys.run))
        if not stored:
            return None
        fields = {name.decode(): value.decode() for name, value in stored.items()}
        return Run(
            run_id=fields["run_id"],
            task_id=fields["task_id"],
            kind=Kind(fields["kind"]),
            number=int(fields["number"]),
            state=State(fields["state"]),
            began=int(fields["began"]),
            started_at=fields["started_at"],
            accept_removals=fields.get("accept_removals") == "1",
            accept_upstream=fields.get("accept_upstream") == "1",
            watermark=int(fields.get("watermark") or 0),
            fields=fields,
        )

    def take_over(self) -> Run | None:
        """The run whose workers are lost, now ours to resume; None where there is none."""
        taken = cast("bytes | None", self._call("take_over"))
        run = self.current() if taken else None
        return run if run and taken and run.number == int(taken) else None

    # Pages

    def claim(self, number: int, page: int | str) -> tuple[Run, Claim, Page | None] | None:
        """The right to work on a page of a run; None where the run is over or the page done."""
        claim = Claim(number, 0, str(page), uuid.uuid4().hex)
        answer = self._call("claim", number, page, claim.held)
        run = self.current()
        if not answer or run is None or run.number != number:
            return None
        claim.began = run.began
        text = cast("list[bytes]", answer)[1]
        return run, claim, parse_page(text) if text else None

    def set_next(self, claim: Claim, page: Page, *, bounded: Page | None = None) -> bool:
        """
        Write down the page after the claimed one; False where it was known already.

        ``bounded`` is the claimed page with the end that it has now, should it be fetched again.

        Raises:
            RunFenced: The page was taken over, or the run is over.
        """
        answer = self._held(
            "next", claim, print_page(page), "" if bounded is None else print_page(bounded)
        )
        return answer == b"new"

    def done(self, claim: Claim, outcome: PageOutcome) -> bool:
        """
        Close a page.  True if it was the last one, so that the run is to be finished now.

        Raises:
            RunFenced: The page was taken over, or the run is over.
        """
        segments = [print_segment(segment) for segment in outcome.segments]
        answer = self._held(
            "done",
            claim,
            json.dumps(segments),
            "1" if outcome.end else "",
            "" if outcome.next is None else print_page(outcome.next),
            outcome.rows,
            *_given(outcome.counts),
        )
        return answer == b"complete"

    def count(self, claim: Claim, counts: Mapping[str, int]) -> None:
        """
        Add to the counters of the run.

        Raises:
            RunFenced: The page was taken over, or the run is over.
        """
        self._held("count", claim, *_given(counts))

    def defer(self, claim: Claim, documents: Mapping[str, bytes], others: Iterable[str]) -> None:
        """
        Keep documents, by hub_id, for the end of the run: their ids are still taken.

        ``others`` wait for nothing, or no more: an earlier attempt at the page may have kept them.

        Raises:
            RunFenced: The page was taken over, or the run is over.
        """
        gone = list[bytes | str](others if self._client.exists(self._keys.run_deferred) else ())
        kept = [part for item in documents.items() for part in item]
        for command, parts in ("HDEL", gone), ("HSET", kept):
            for at in range(0, len(parts), 2000):  # Lua takes fewer than 8,000 values at a time
                self._held("defer", claim, command, *parts[at : at + 2000])

    def deferred(self) -> list[bytes]:
        """The documents that wait for the end of the current run."""
        return list(
            cast("dict[bytes, bytes]", self._client.hgetall(self._keys.run_deferred)).values()
        )

    def open_pages(self) -> list[int]:
        """The pages of the current run that are not done."""
        known = cast("list[bytes]", self._client.hkeys(self._keys.run_pages))
        done = set(cast("list[bytes]", self._client.hkeys(self._keys.run_done)))
        return sorted(int(page) for page in known if page not in done)

    def segments(self) -> list[Segment]:
        """The page map that the current run has walked, in order."""
        done = cast("dict[bytes, bytes]", self._client.hgetall(self._keys.run_done))
        found = []
        for page in sorted(done, key=int):
            found += [parse_segment(text) for text in json.loads(done[page])]
        return found

    def page_map(self) -> list[Segment]:
        """The page map of the last complete run."""
        stored = cast("list[bytes]", self._client.lrange(self._keys.page_map, 0, -1))
        return [parse_segment(json.loads(text)) for text in stored]

    # The end

    def finish(
        self,
        claim: Claim,
        *,
        meta: Mapping[str, str],
        page_map: list[Segment],
        counts: Mapping[str, int] | None = None,
    ) -> None:
        """
        Write the end of a run into the books, all at once; ``counts`` are added to its own.

        Raises:
            RunFenced: Somebody else is finishing it, or has done so.
        """
        self._held(
            "finish",
            claim,
            clock.now_as_text(self._client),
            json.dumps(dict(meta)),
            json.dumps([json.dumps(print_segment(segment)) for segment in page_map]),
            *_given(counts or {}),
        )

    def fail(self, claim: Claim, message: str, *, quarantined: Run | None = None) -> None:
        """
        End a run without success; what it has stored stays.

        ``quarantined`` is the run, where it ends because the Hub's answers look wrong.

        Raises:
            RunFenced: The page was taken over, or the run is over.
        """
        now = clock.now_as_text(self._client)
        quarantine = ""
        if quarantined is not None:
            facts = {"run_id": quarantined.run_id, "kind": quarantined.kind.value}
            quarantine = json.dumps({**facts, "at": now, "reason": message})
        self._held("fail", claim, now, _error(now, message), quarantine)

    def mark_told(self, number: int) -> None:
        """Write down that whoever asked for the run knows its end."""
        self._call("told", number)

    def trouble(self, claim: Claim, message: str | None) -> None:
        """
        Say in the status what holds the run up; None: nothing any more.

        Raises:
            RunFenced: The page was taken over, or the run is over.
        """
        self._held(
            "trouble", claim, _error(clock.now_as_text(self._client), message) if message else ""
        )

    # Signs of life

    @contextmanager
    def heartbeat(self, claim: Claim) -> Iterator[None]:
        """
        Keep the lease of the run while the block runs.

        What nobody expects is told in the status and tried again, but not for ever: others, which
        might mend it, wait for their turn.
        """
        with beating(partial(self._renew, claim.number), self._lease_ms / 4000):
            try:
                yield
            except Exception as error:
                # a Redis that cannot work now is waited for, however long it takes
                if not isinstance(error, CatalogError) and explain(error) is None:
                    with suppress(redis.RedisError):  # of two troubles the first one is told
                        self._stumble(claim, f"{type(error).__name__}: {error}")
                raise

    def _stumble(self, claim: Claim, message: str) -> None:
        now, page = clock.now_as_text(self._client), f"Page {claim.page}"
        again = f"{page} fails ({message[:300]}); it is tried again."
        late = (
            f"{page} failed {_MOST_STUMBLES} times in a row ({message[:300]}): tried again later."
        )
        errors = _error(now, again), _MOST_STUMBLES, _error(now, late)
        self._call("stumble", claim.number, claim.page, claim.token, now, *errors)

    def _renew(self, number: int) -> None:
        self._call("renew", number)

    def _held(self, step: str, claim: Claim, *arguments: bytes | str | int | float) -> object:
        """A step that only the holder of the claim may take."""
        answer = self._call(step, claim.number, claim.page, claim.held, *arguments)
        if answer == b"fenced":
            raise RunFenced(f"page {claim.page} of run {claim.number} is in other hands")
        return answer

    def _call(self, step: str, *arguments: bytes | str | int | float) -> object:
        keys = self._keys
        return self._script(
            [
                keys.run,
                keys.lease,
                keys.meta,
                keys.requests,
                keys.run_pages,
                keys.run_claims,
                keys.run_done,
                keys.page_map,
                keys.run_deferred,
                keys.counters,
            ],
            [step, self._lease_ms, *arguments],
        )


def _given(counts: Mapping[str, int]) -> list[str | int]:
    return [item for name, value in counts.items() if value for item in (name, value)]


def _accepted(wanted: Request) -> tuple[str, str]:
    return "1" if wanted.accept_removals else "", "1" if wanted.accept_upstream else ""


def _error(at: str, message: str) -> str:
    return json.dumps({"at": at, "message": message})
