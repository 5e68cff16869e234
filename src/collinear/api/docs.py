"""The documentation: OpenAPI as it is true, and a page to browse it that needs no network."""

from importlib.resources import as_file, files
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.staticfiles import StaticFiles

from collinear.api.openapi.build import build

_ASSETS = "/docs/assets"
router = APIRouter()


@router.get("/docs", include_in_schema=False)
async def get_docs(request: Request) -> Response:
    """A page to read and try the API."""
    root = request.scope.get("root_path", "")
    return get_swagger_ui_html(
        openapi_url=f"{root}/openapi.json",
        title="Collinear Data Tool",
        swagger_js_url=f"{root}{_ASSETS}/swagger-ui-bundle.js",
        swagger_css_url=f"{root}{_ASSETS}/swagger-ui.css",
        swagger_favicon_url=f"{root}{_ASSETS}/favicon.png",
    )


def add_docs(app: FastAPI) -> None:
    """Serve the documentation and its assets."""
    app.include_router(router)
    with as_file(files("fastapi_offline") / "static") as folder:
        app.mount(_ASSETS, StaticFiles(directory=folder), name="docs-assets")
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        app.openapi_schema = build(app)
    return app.openapi_schema
