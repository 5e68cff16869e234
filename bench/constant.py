"""A server of the same framework whose answers are ready before anybody asks (for comparison)."""

import sys

import uvicorn
from fastapi import FastAPI, Response


def create_app(small: int, large: int) -> FastAPI:
    """``/small`` and ``/large`` answer so many bytes, ``/empty`` none."""
    app = FastAPI(openapi_url=None)
    bodies = {name: b"x" * size for name, size in (("small", small), ("large", large))}

    @app.get("/small")
    async def get_small() -> Response:
        return Response(bodies["small"], media_type="application/json")

    @app.get("/large")
    async def get_large() -> Response:
        return Response(bodies["large"], media_type="application/json")

    @app.get("/empty")
    async def get_empty() -> Response:
        return Response(status_code=204)

    return app


if __name__ == "__main__":
    port, small, large = map(int, sys.argv[1:])
    uvicorn.run(
        create_app(small, large),
        port=port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        server_header=False,
    )
