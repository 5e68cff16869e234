"""The documentation: OpenAPI as it is true, and a page to browse it that needs no network."""

from importlib.resources import as_file, files
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.staticfiles import StaticFiles

from collinear.api.problems import Problem

_ASSETS = "/docs/assets"
_SUMMARY = "A complete, fresh and fast catalog of every dataset on the Hugging Face Hub."
_DESCRIPTION = """\
Every dataset of the Hub with its size, downloads, likes, tags and impact, to list, search,
filter and follow.

* What is unknown is `null`, never 0, and comes last in every order.
* Every answer about the catalog carries an `ETag`: send it back as `If-None-Match` and get 304
  while nothing has changed. `X-Catalog-Serial` names the state of the catalog.
* Errors are `application/problem+json` (RFC 9457) with a stable `type` that explains itself.
"""
_TAGS = [
    {"name": "catalog", "description": "The list, and one dataset."},
    {"name": "from the Hub", "description": "What the Hub says about one dataset right now."},
    {"name": "changes", "description": "What has changed, for those who keep a copy."},
    {"name": "state", "description": "How fresh the catalog is; refreshing it."},
    {"name": "operations", "description": "For those who run the system."},
]

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
        schema = get_openapi(
            title=app.title,
            version=app.version,
            summary=_SUMMARY,
            description=_DESCRIPTION,
            routes=app.routes,
            tags=_TAGS,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        )
        components = schema.setdefault("components", {})
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        components.setdefault("schemas", {}).update(problem.pop("$defs"), Problem=problem)
        components["securitySchemes"] = {
            "adminToken": {
                "type": "http",
                "scheme": "bearer",
                "description": "`COLLINEAR_ADMIN_TOKEN`; where it is empty, callers on the "
                "machine itself need none.",
            }
        }
        for operations in schema["paths"].values():
            for operation in operations.values():
                _complete(operation)
        app.openapi_schema = schema
    return app.openapi_schema


def _complete(operation: dict[str, Any]) -> None:
    """Name the headers of the answers, and who may change something."""
    if operation["operationId"] == "requestRefresh":
        operation["security"] = [{}, {"adminToken": []}]
    answers: dict[str, dict[str, Any]] = operation["responses"]
    for status in ("200", "304"):
        if "304" in answers:
            answers[status]["headers"] = {
                "ETag": {"schema": {"type": "string"}, "description": "For `If-None-Match`."},
                "X-Catalog-Serial": {
                    "schema": {"type": "string"},
                    "description": "The newest change that the answer knows; absent before any.",
                },
            }
    for status in ("502", "503", "504"):
        if status in answers:
            answers[status]["headers"] = {
                "Retry-After": {
                    "schema": {"type": "integer"},
                    "description": "Seconds after which to try again.",
                }
            }
