"""How the Hub is asked: when it is our turn, with the token while it is good, within a time."""

import math
import time
from collections.abc import Callable, Mapping
from threading import Lock
from urllib.parse import urlsplit

import httpx2

from collinear.domain.errors import (
    HubContractBroken,
    HubRateLimited,
    HubTimeout,
    HubUnavailable,
)
from collinear.hub.answers import HubAnswer, no_answer
from collinear.hub.ratelimit import RateLimit, read_rate_limit, read_wait
from collinear.telemetry import get_logger
from collinear.telemetry.families import HUB_SECONDS
from collinear.telemetry.scope import step

log = get_logger(__name__)

_ATTEMPT_LIMIT = 4
"""A whole answer may take so many times the timeout of a silence."""
_ABOUT = {"commits": "commits", "tree": "files", "paths-info": "file"}
"""What stands behind the id of a dataset, and what it asks about."""
_ABOUT_A_DATASET = {"RepoNotFound", "GatedRepo"}
"""Codes of a 401 that is not about who asks, but about what is asked for."""


Form = Mapping[str, str | list[str]]
"""Names and values of a body as browsers send it; a name may have several values."""


class AnswerTooLarge(HubContractBroken):
    """An answer of the Hub has more bytes than anybody wants to hold."""


class HubConnection:
    """The endpoint that was set, and nothing else: redirects are not followed."""

    def __init__(
        self,
        http: httpx2.Client,
        *,
        timeout: float,
        before: Callable[[], None],
        observe: Callable[[RateLimit], None],
        drop_refused_token: bool,
        on_refused_token: Callable[[str], None],
        within: float | None = None,
        most_bytes: float = math.inf,
        on_patience: Callable[[float | None], float | None] = lambda wait: wait,
    ) -> None:
        """
        Args:
            http: Its base address is the Hub.
            timeout: Seconds of silence after which ``http`` gives up.
            before: Comes back when a request may be sent, or raises.
            observe: Hears what every answer tells of the rate limit.
            drop_refused_token: Whether to go on without a token that the Hub refuses.
            on_refused_token: Hears of it, in a sentence.
            within: The most seconds that a whole answer may take; None: four times the timeout.
            most_bytes: The most bytes that a whole answer may have.
            on_patience: Hears how many seconds the Hub asks to wait, None where it names none,
                and says how many it shall be.
        """
        self._http = http
        self._deadline = within or timeout * _ATTEMPT_LIMIT
        self._most_bytes = most_bytes
        self._on_patience = on_patience
        self._before = before
        self._observe = observe
        self._drop_refused_token = drop_refused_token
        self._on_refused_token = on_refused_token
        self._dropping = Lock()
        url = http.base_url
        self._address = f"{url.scheme}://{url.netloc.decode()}{url.path.rstrip('/')}"
        self.name = f"The Hub at {self._address}"

    def get(self, address: str) -> HubAnswer:
        """The answer to ``GET address``, a path with a query; see ``ask``."""
        return self.ask("GET", address)

    def ask(self, method: str, address: str, form: Form | None = None) -> HubAnswer:
        """
        The answer to one request: 200, a redirect or a refusal.

        Raises:
            HubUnavailable: No answer, a 5xx, half an answer.
            HubTimeout: No answer in time.
            HubRateLimited: A 429, or a 503 that names a wait.
            HubContractBroken: The token is refused, and we are told to stop then; or the answer
                is too large.
        """
        while True:
            self._before()
            try:
                with step(HUB_SECONDS, asked_about(address)) as this:
                    answer, authorization = self._exchange(method, address, form)
                    this.outcome = str(answer.status)
            except (httpx2.RequestError, httpx2.InvalidURL) as error:
                raise no_answer(self.name, error) from error
            self._check_patience(answer)
            if answer.status != 401 or authorization is None or _is_about_a_dataset(answer):
                return answer
            self._give_up_token(authorization)

    def local(self, address: str) -> str | None:
        """
        An address that the Hub gave, as ``get`` takes it; None where it is another server's.

        The host is left out because a cursor outlives it: a mirror may repeat the original's
        name, and requests must go to the endpoint that was set and nowhere else.
        """
        parts, own = urlsplit(address), self._http.base_url
        if parts.netloc and (parts.scheme, parts.netloc) != (own.scheme, own.netloc.decode()):
            return None
        return self.without_host(address)

    def without_host(self, address: str) -> str:
        """Path and query of an address, below the path of the endpoint."""
        parts = urlsplit(address)
        path = parts.path.removeprefix(self._http.base_url.path.rstrip("/"))
        return f"{path}?{parts.query}" if parts.query else path

    def _exchange(
        self, method: str, address: str, form: Form | None
    ) -> tuple[HubAnswer, str | None]:
        """The answer, and the Authorization that it was asked with."""
        started = time.monotonic()
        with self._http.stream(method, address, data=form, follow_redirects=False) as response:
            limit = read_rate_limit(response.headers)
            if limit is not None:
                self._observe(limit)
            pieces, size = [], 0
            for piece in response.iter_bytes():
                pieces.append(piece)
                size += len(piece)
                if size > self._most_bytes:
                    raise AnswerTooLarge(f"{self.name} sent more than {self._most_bytes} bytes.")
                # a timeout ends a silence; this ends an answer that drips for ever
                if time.monotonic() - started > self._deadline:
                    raise HubTimeout(f"{self.name} took too long to answer.")
        answer = HubAnswer(self.name, response.status_code, response.headers, b"".join(pieces))
        return answer, response.request.headers.get("authorization")

    def _check_patience(self, answer: HubAnswer) -> None:
        status = answer.status
        if status == 429 or (status >= 500 and "retry-after" in answer.headers):
            raise HubRateLimited(
                f"{self.name} answered {status} and asks for patience.",
                retry_after=self._on_patience(read_wait(answer.headers)),
            )
        if status >= 500 or status == 408:
            raise HubUnavailable(f"{self.name} answered {status}.")

    def _give_up_token(self, authorization: str) -> None:
        refused = f"HF_TOKEN is refused by {self._address}"
        if not self._drop_refused_token:
            raise HubContractBroken(f"{refused}: replace it, or unset it to go on without.")
        with self._dropping:
            if self._http.headers.get("authorization") != authorization:
                return  # another thread was told first
            del self._http.headers["authorization"]
        message = f"{refused}: going on without it, with the quota of an anonymous caller."
        log.warning("hub_token_refused", error=message)
        self._on_refused_token(message)


def asked_about(address: str) -> str:
    """What an address is about, in one of a few words; the dataset's id is left out."""
    parts = urlsplit(address).path.strip("/").split("/")
    if parts[:2] != ["api", "datasets"]:
        return "file"
    for word, meaning in _ABOUT.items():
        if word in parts[3:-1]:  # a revision follows; a dataset may be called so itself
            return meaning
    return "dataset" if parts[2:] else "listing"


def _is_about_a_dataset(answer: HubAnswer) -> bool:
    return answer.headers.get("x-error-code", "") in _ABOUT_A_DATASET
