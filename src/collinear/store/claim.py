"""The right to store one page of one run."""

from dataclasses import dataclass


@dataclass(slots=True)
class Claim:
    """The right to store one page of one run; it ends when the page or the run is taken over."""

    number: int
    began: int
    page: str = ""
    token: str = ""
    written: int = 0
    """
    How many chunks were stored under it.  The store counts too: a chunk that it has forgotten
    over a restart, or got twice over a torn connection, ends the claim.
    """

    @property
    def held(self) -> str:
        """The claim as the books have it now; empty for one that is none of a page."""
        return self._after(0)

    @property
    def held_next(self) -> str:
        """The claim as the books will have it after the next chunk."""
        return self._after(1)

    def _after(self, chunks: int) -> str:
        return f"{self.token}:{self.written + chunks}" if self.token else ""
