"""The page that shows the API: scripts and styles are files of ours, nothing stands in the page."""

from html import escape

from fastapi import Response
from fastapi.responses import HTMLResponse

ASSETS = "/docs/assets"

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

_BEGIN = """\
const place = document.getElementById("swagger-ui");
SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
  layout: "BaseLayout",
});
"""


def page(root: str) -> Response:
    """The page, for an application below this path."""
    root = escape(root)
    content = _PAGE.format(
        assets=f"{root}{ASSETS}", document=f"{root}/openapi.json", begin=f"{root}/docs/begin.js"
    )
    return HTMLResponse(content, headers={"Content-Security-Policy": _POLICY})


def script() -> Response:
    """What the page begins with."""
    return Response(_BEGIN, media_type="text/javascript")
