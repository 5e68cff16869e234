"""What tests expect of answers."""

import http.client
from typing import Any

import httpx2


def raw(api: httpx2.Client, path: str, method: str = "GET") -> httpx2.Response:
    """A request whose path goes out as it is: no client tidies it up."""
    connection = http.client.HTTPConnection("127.0.0.1", api.base_url.port, timeout=30)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        connection.endheaders()
        answer = connection.getresponse()
        return httpx2.Response(answer.status, headers=answer.getheaders(), content=answer.read())
    finally:
        connection.close()


def found(answer: httpx2.Response) -> dict[str, Any]:
    """The body of a success."""
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def ids(answer: httpx2.Response) -> list[str]:
    """The ids on a page."""
    return [item["id"] for item in found(answer)["items"]]


def refused(answer: httpx2.Response, status: int, kind: str) -> dict[str, Any]:
    """The body of a problem, in the shape that every one has."""
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["type"] == f"/problems/{kind}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["instance"].startswith("/")
    return body


def blamed(answer: httpx2.Response) -> dict[str, str]:
    """The parameters that a 422 names, with the reasons."""
    body = refused(answer, 422, "bad-parameter")
    return {error["parameter"]: error["reason"] for error in body["errors"]}
