"""The document as it is served; what stands in it is held by ``tests/law/test_openapi.py``."""

import httpx2

from collinear.api.app import create_app
from collinear.settings import Settings
from tests.api.answers import blamed, found


def test_every_address_of_the_contract_is_in_the_document(api: httpx2.Client) -> None:
    """Those that other people's programs rely on."""
    document = found(api.get("/openapi.json"))
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) >= {
        "/api/datasets",
        "/api/datasets/cache-status",
        "/api/datasets/changes",
        "/api/datasets/changes/stream",
        "/api/datasets/export",
        "/api/datasets/meta",
        "/api/datasets/refresh-cache",
        "/api/datasets/refresh-cache/{task_id}",
        "/api/datasets/{dataset_id}",
        "/api/datasets/{dataset_id}/commits",
        "/api/datasets/{dataset_id}/files",
        "/api/datasets/{dataset_id}/file-url",
        "/api/impact-policy",
        "/livez",
        "/readyz",
        "/metrics",
        "/openapi.json",
    }


def test_the_document_is_printed_once_and_sent_once(api: httpx2.Client, settings: Settings) -> None:
    """It has a tag, and a compressed form with a tag of its own; it is what the code says."""
    plain = api.get("/openapi.json", headers={"Accept-Encoding": "identity"})
    packed = api.get("/openapi.json", headers={"Accept-Encoding": "gzip"})

    assert plain.json() == packed.json() == create_app(settings).openapi()
    assert packed.headers["content-encoding"] == "gzip"
    assert plain.headers["etag"] != packed.headers["etag"]
    tagged = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]}
    again = api.get("/openapi.json", headers=tagged)
    assert (again.status_code, again.content) == (304, b"")
    assert list(blamed(api.get("/openapi.json?pretty=1"))) == ["pretty"]


def test_the_page_to_read_it_needs_nothing_from_elsewhere(api: httpx2.Client) -> None:
    """What it loads is served here, and shows the document that is served here."""
    page = api.get("/docs")
    assert page.status_code == 200
    assert 'data-document="/openapi.json"' in page.text
    assert "://" not in page.text
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png"):
        assert f"/docs/assets/{asset}" in page.text
        assert api.get(f"/docs/assets/{asset}").status_code == 200
    assert "/openapi.json" not in api.get("/docs/begin.js").text
