"""`HF_ENDPOINT` leads somewhere else: one clear sentence each, that says what to check."""

import socket
import ssl
import threading
from collections.abc import Iterator

import httpx2
import pytest

from collinear.domain.errors import HubContractBroken, HubError, HubTimeout, HubUnavailable
from collinear.hub.answers import no_answer
from tests.hub.conftest import Open
from tests.hub.scripted import Said, ScriptedHub

PAGE = b"<!doctype html><html><body>" + b"<p>Welcome to our shop.</p>" * 1000 + b"</body></html>"
HTML = {"content-type": "text/html; charset=utf-8"}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Said(200, PAGE, HTML), "sent a web page instead of a listing: check HF_ENDPOINT."),
        (Said(200, PAGE), "sent a web page instead of a listing: check HF_ENDPOINT."),
        (Said(200, {"models": []}), "sent no list of datasets: check HF_ENDPOINT."),
        (
            Said(200, {"error": "no such\nAPI"}),
            "sent no list of datasets (no such API): check HF_ENDPOINT.",
        ),
        (Said(200, b"42"), "sent no list of datasets: check HF_ENDPOINT."),
        (
            Said(404, PAGE, HTML),
            "answered 404 (a web page) instead of a listing: check HF_ENDPOINT.",
        ),
        (
            Said(404, {"error": "Sorry, we can't find the page you are looking for."}),
            "answered 404 (Sorry, we can't find the page you are looking for.) "
            "instead of a listing: check HF_ENDPOINT.",
        ),
        (Said(405), "answered 405 instead of a listing: check HF_ENDPOINT."),
        (Said(403, PAGE, HTML), "answered 403 (a web page) instead of a listing"),
        (
            Said(301, PAGE, {"location": "https://elsewhere.example/api/datasets?limit=1"}),
            "sends us on to https://elsewhere.example/api/datasets?limit=1: check HF_ENDPOINT.",
        ),
        (Said(302), "sends us on to somewhere else: check HF_ENDPOINT."),
    ],
)
def test_something_else_answers(
    answer: Said, sentence: str, scripted: ScriptedHub, open_listing: Open
) -> None:
    """A sentence with the reason in it, and never a page of somebody else's HTML."""
    scripted.says(answer)

    with pytest.raises(HubContractBroken) as failed:
        open_listing(scripted.url).by_creation()

    assert str(failed.value).startswith(f"The Hub at {scripted.url} {sentence}")
    assert len(str(failed.value)) < 300
    assert "\n" not in str(failed.value)


@pytest.mark.parametrize("body", [b"", b"[{", b"[" * 100_000, b"\xff\xfe", b"[1,2"])
def test_half_an_answer_is_no_wrong_endpoint(
    body: bytes, scripted: ScriptedHub, open_listing: Open
) -> None:
    """It is the Hub in trouble: asked again, and nothing to check."""
    scripted.says(Said(200, body))

    with pytest.raises(HubUnavailable, match="not whole JSON"):
        open_listing(scripted.url).by_creation()


def test_a_listing_that_goes_in_circles(scripted: ScriptedHub, open_listing: Open) -> None:
    """A mirror that ignores the cursor shows its first page, and the same next one, for ever."""
    link = {"link": f'<{scripted.url}/api/datasets?limit=2&cursor=two>; rel="next"'}
    scripted.says(Said(200, []), Said(200, [], link))
    listing = open_listing(scripted.url)

    first = listing.by_creation()
    with pytest.raises(HubContractBroken, match="never ends"):
        listing.by_creation(first.next)


def test_a_broken_compression_is_half_an_answer(scripted: ScriptedHub, open_listing: Open) -> None:
    scripted.says(Said(200, b"no gzip at all", {"content-encoding": "gzip"}))

    with pytest.raises(HubUnavailable, match="broke off its answer"):
        open_listing(scripted.url).by_creation()


def test_a_password_in_the_address_is_not_repeated(open_listing: Open) -> None:
    with pytest.raises(HubUnavailable) as failed:
        open_listing("http://me:secret@127.0.0.1:9").by_creation()

    assert "secret" not in str(failed.value)


def test_nobody_listens(open_listing: Open) -> None:
    with pytest.raises(HubUnavailable, match=r"cannot be reached \(.*refused\): check HF_ENDPOINT"):
        open_listing("http://127.0.0.1:9").by_creation()


def test_a_host_that_does_not_exist(open_listing: Open) -> None:
    with pytest.raises(HubError, match=r"has no address: check HF_ENDPOINT and the network\."):
        open_listing("http://no-such-host.invalid").by_creation()


@pytest.fixture
def deaf_port() -> Iterator[int]:
    """Somebody who accepts, says something that is not TLS, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            while True:
                try:
                    caller, _ = listener.accept()
                except OSError:
                    return
                with caller:
                    caller.recv(1000)
                    caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_https_where_there_is_none(deaf_port: int, open_listing: Open) -> None:
    with pytest.raises(HubUnavailable, match="does not speak https as we do: check HF_ENDPOINT"):
        open_listing(f"https://127.0.0.1:{deaf_port}").by_creation()


def test_a_certificate_that_is_not_trusted() -> None:
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed: self-signed certificate")
    refused.verify_message = "self-signed certificate"
    error = httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]")
    error.__cause__ = refused

    assert str(no_answer("The Hub at X", error)) == (
        "The Hub at X shows a certificate that is not trusted (self-signed certificate): "
        "check HF_ENDPOINT and the certificates of this machine."
    )


def test_a_silence_ends(scripted: ScriptedHub) -> None:
    error = httpx2.ReadTimeout("")

    assert isinstance(no_answer("The Hub", error), HubTimeout)
