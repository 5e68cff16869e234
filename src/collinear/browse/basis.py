"""What an answer was made from: where nothing of it differs, a new answer would be the same."""

from typing import NamedTuple

from collinear.store.status import Version


class Basis(NamedTuple):
    """
    The state of all that an answer depends on; None for what it does not depend on.

    The index has a state of its own, since it follows the catalog.
    """

    version: Version | None = None
    mark: str | None = None
    """Of what is no change but shows, such as when a dataset was last seen."""
    commit: str | None = None
    """The commit of the index that answered; empty while there is none."""
    commit_serial: str = ""
    """The newest change that this commit knows."""

    @property
    def serial(self) -> str:
        """The newest change that the answer knows; empty before the first."""
        if self.commit:
            return self.commit_serial
        return self.version.serial if self.version else ""
