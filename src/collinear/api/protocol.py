"""HTTP as it comes over the wire."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from collinear.api import kinds, problems
from collinear.store.documents import to_bytes


class ProblemProtocol(HttpToolsProtocol):
    """Says in the shape of all other problems what is wrong with bytes that are no HTTP."""

    def send_400_response(self, msg: str) -> None:
        """Answer, and hang up: nobody knows where the next request would begin."""
        body = to_bytes(problems.body(kinds.BAD_HTTP, msg, instance="/"))
        head = (
            "HTTP/1.1 400 Bad Request\r\n"
            f"content-type: {problems.MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
