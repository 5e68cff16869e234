"""The page that shows the API: scripts and styles are files of ours, nothing stands in the page."""

from html import escape
from typing import Any

from fastapi import Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

from collinear.api.conditions import ASK_AGAIN

ASSETS = "/docs/assets"
_KEPT = {"Cache-Control": ASK_AGAIN}

# The browser runs, shows and asks only what comes from here.  The library sets styles of elements
# by script, and its style sheet holds pictures as data.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Collinear Data Tool</title>
<link rel="icon" href="{assets}/favicon.png">
<link rel="stylesheet" href="{assets}/swagger-ui.css">
</head>
<body>
<div id="swagger-ui" data-document="{document}"></div>
<script src="{assets}/swagger-ui-bundle.js"></script>
<script src="{begin}"></script>
</body>
</html>
"""

_BEGIN = r"""
// Whoever tries an operation would send the example of every parameter, filters that shut each
// other out: of parameters that may be left out, the example is told, not filled in.
function tell(parameter) {
  if (parameter.required || parameter.example === undefined) return;
  if (parameter.example !== parameter.schema.default) {
    parameter.description += ` For example \`${[parameter.example].flat().join(", ")}\`.`;
  }
  delete parameter.example;
}

async function begin(place) {
  const answer = await fetch(place.dataset.document);
  const spec = await answer.json();
  const operations = Object.values(spec.paths).flatMap((methods) => Object.values(methods));
  operations.flatMap((operation) => operation.parameters ?? []).forEach(tell);
  Object.values(spec.components.parameters).forEach(tell);
  SwaggerUIBundle({
    spec,
    domNode: place,
    deepLinking: true,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
    layout: "BaseLayout",
  });
}

begin(document.getElementById("swagger-ui"));
"""


def page(root: str) -> Response:
    """The page, for an application below this path."""
    root = escape(root)
    content = _PAGE.format(
        assets=f"{root}{ASSETS}", document=f"{root}/openapi.json", begin=f"{root}/docs/begin.js"
    )
    return HTMLResponse(content, headers={"Content-Security-Policy": _POLICY, **_KEPT})


def script() -> Response:
    """What the page begins with."""
    return Response(_BEGIN, media_type="text/javascript", headers=_KEPT)


class Assets(StaticFiles):
    """The files of the page."""

    def file_response(self, *args: Any, **more: Any) -> Response:
        """One of them; as everything of the page, it is asked for again after an upgrade."""
        response = super().file_response(*args, **more)
        response.headers.update(_KEPT)
        return response
