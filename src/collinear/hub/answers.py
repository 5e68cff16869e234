"""What the Hub answered, and what it means where it is not what was asked for."""

import json
import re
import socket
import ssl
from typing import Any, NamedTuple

import httpx2
import orjson

from collinear.domain.errors import HubContractBroken, HubTimeout, HubUnavailable

_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")
_MOST_SAID = 200
"""Characters of a refusal that are repeated: enough for a sentence, too few for a page."""


class HubAnswer(NamedTuple):
    """One answer that was read whole; ``hub`` is who gave it, for sentences."""

    hub: str
    status: int
    headers: httpx2.Headers
    body: bytes

    @property
    def is_web_page(self) -> bool:
        """Whether this is for people: no part of the Hub's API answers in HTML."""
        kind = self.headers.get("content-type", "")
        return "html" in kind.lower() or self.body[:100].lstrip().startswith(b"<")

    @property
    def said(self) -> str:
        """The reason that a refusal gives, in one short line; empty where it gives none."""
        if self.is_web_page:
            return "a web page"
        text = self.body[:10_000].decode(errors="replace")
        try:
            told = orjson.loads(self.body)["error"]
        except (orjson.JSONDecodeError, TypeError, KeyError, IndexError):
            told = text
        line = _BLANKS.sub(" ", told if isinstance(told, str) else text).strip()
        return line if len(line) <= _MOST_SAID else f"{line[:_MOST_SAID]}..."

    def parsed(self, wanted: str) -> Any:
        """
        The body as JSON.

        Raises:
            HubContractBroken: It is a web page.
            HubUnavailable: It is not whole.
        """
        if self.is_web_page:
            raise HubContractBroken(
                f"{self.hub} sent a web page instead of {wanted}: check HF_ENDPOINT."
            )
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            # The strict parser refuses a lone surrogate, a bare control character, and bytes that
            # are no UTF-8; the tolerant one keeps them all, as what they are, in their row
            try:
                return json.loads(self.body.decode("utf-8", "surrogateescape"), strict=False)
            except (ValueError, RecursionError) as error:
                raise HubUnavailable(
                    f"{self.hub} sent something that is not whole JSON ({len(self.body)} bytes)."
                ) from error

    def refusal(self, wanted: str) -> HubContractBroken:
        """The error that this answer is, where ``wanted`` was asked for."""
        if 300 <= self.status < 400:
            place = self.headers.get("location", "somewhere else")[:_MOST_SAID]
            return HubContractBroken(f"{self.hub} sends us on to {place}: check HF_ENDPOINT.")
        if self.status == 401:
            return HubContractBroken(
                f"{self.hub} answers nobody without a token (401): "
                "set HF_TOKEN, or check HF_ENDPOINT."
            )
        said = f" ({self.said})" if self.said else ""
        return HubContractBroken(
            f"{self.hub} answered {self.status}{said} instead of {wanted}: check HF_ENDPOINT."
        )


def no_answer(hub: str, error: Exception) -> HubUnavailable | HubTimeout:
    """The error of an exchange that brought no answer; the sentence says what to look at."""
    if isinstance(error, httpx2.TimeoutException):
        return HubTimeout(f"{hub} did not answer in time.")
    causes = _causes(error)
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return HubUnavailable(
            f"{hub} cannot be found, its name has no address: check HF_ENDPOINT and the network."
        )
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return HubUnavailable(
                f"{hub} shows a certificate that is not trusted ({cause.verify_message}): "
                "check HF_ENDPOINT and the certificates of this machine."
            )
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return HubUnavailable(f"{hub} does not speak https as we do: check HF_ENDPOINT.")
    if isinstance(error, httpx2.ConnectError | httpx2.UnsupportedProtocol | httpx2.InvalidURL):
        return HubUnavailable(
            f"{hub} cannot be reached ({error}): check HF_ENDPOINT and the network."
        )
    reason = str(error).rstrip(".") or type(error).__name__
    return HubUnavailable(f"{hub} cannot be reached, or broke off its answer ({reason}).")


def _causes(error: BaseException) -> list[BaseException]:
    causes, cause = [error], error.__cause__ or error.__context__
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    return causes
