"""The documentation: OpenAPI as it is true, and a page to browse it that needs no network."""

from importlib.resources import as_file, files
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

from collinear.api import docs_page
from collinear.api.openapi.build import build

router = APIRouter()


@router.get("/docs", include_in_schema=False)
async def get_docs(request: Request) -> Response:
    """A page to read and try the API."""
    return docs_page.page(request.scope.get("root_path", ""))


@router.get("/docs/begin.js", include_in_schema=False)
async def get_docs_script() -> Response:
    """The script that the page begins with."""
    return docs_page.script()


def add_docs(app: FastAPI) -> None:
    """Serve the documentation and its assets."""
    app.include_router(router)
    with as_file(files("fastapi_offline") / "static") as folder:
        app.mount(docs_page.ASSETS, StaticFiles(directory=folder), name="docs-assets")
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = build(app)
    return app.openapi_schema
