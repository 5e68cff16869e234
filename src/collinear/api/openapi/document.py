"""The documentation: OpenAPI as it is true, and a page to browse it that needs no network."""

from functools import cached_property
from importlib.resources import as_file, files
from typing import Any

from anyio import to_thread
from fastapi import APIRouter, FastAPI, Request, Response
from pydantic import ConfigDict, RootModel

from collinear.api import answers, parameters
from collinear.api.openapi import page
from collinear.api.openapi.build import build
from collinear.api.problems import problems
from collinear.api.routes.datasets import NOT_MODIFIED
from collinear.domain import errors
from collinear.store.documents import to_bytes

router = APIRouter()


@router.get("/docs", include_in_schema=False)
async def get_docs(request: Request) -> Response:
    """A page to read and try the API."""
    return page.page(request.scope.get("root_path", ""))


@router.get("/docs/begin.js", include_in_schema=False)
async def get_docs_script() -> Response:
    """The script that the page begins with."""
    return page.script()


class OpenApi(RootModel[dict[str, Any]]):
    """An OpenAPI document."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"openapi": "3.1.0", "info": {"title": "…", "version": "1"}, "paths": {}}]
        }
    )


class Document:
    """The OpenAPI document of an application, built and printed when it is first asked for."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    @cached_property
    def content(self) -> dict[str, Any]:
        """The document."""
        return build(self._app)

    @cached_property
    def body(self) -> bytes:
        """The same as JSON."""
        return to_bytes(self.content)

    async def get(self, request: Request) -> Response:
        """The document that describes all this, for programs: clients can be made from it."""
        # Building it takes a third of a second: others are answered meanwhile
        body = await to_thread.run_sync(lambda: self.body)
        return answers.made(request, body, "")


def add_docs(app: FastAPI) -> None:
    """Serve the documentation and its assets; instead of the framework's own."""
    document = Document(app)
    app.openapi = lambda: document.content  # type: ignore[method-assign]
    app.add_api_route(
        "/openapi.json",
        document.get,
        operation_id="getOpenapi",
        tags=["operations"],
        response_model=OpenApi,
        dependencies=[parameters.none()],
        responses=NOT_MODIFIED | problems(errors.BadParameter),
    )
    app.include_router(router)
    with as_file(files("fastapi_offline") / "static") as folder:
        app.mount(page.ASSETS, page.Assets(directory=folder), name="docs-assets")
