"""What the Hub means when it refuses a question about a dataset."""

from collinear.domain.errors import (
    BadCursor,
    CatalogError,
    DatasetGated,
    DatasetNotFound,
    FileNotFound,
    RevisionNotFound,
)
from collinear.hub.answers import HubAnswer
from collinear.hub.questions import At


def to_error(answer: HubAnswer, at: At, *, further: bool) -> CatalogError:
    """The error that a refusal is; ``further``: a page behind the first one was asked for."""
    code = answer.headers.get("x-error-code", "")
    message = answer.headers.get("x-error-message", "")
    match code:
        case "RevisionNotFound":
            return no_revision(at)
        case "EntryNotFound":
            return FileNotFound(f"{at.dataset_id!r} has nothing there at {at.revision!r}.")
        case "GatedRepo":
            return DatasetGated(f"{at.dataset_id!r} is gated: ask for access at the Hub.")
        case "RepoNotFound":
            return DatasetNotFound(at.dataset_id)
    if message == "Access to this resource is disabled.":
        return DatasetGated(f"The Hub has disabled {at.dataset_id!r}.")
    if answer.is_web_page:
        return answer.refusal("an answer")
    if answer.status in {401, 404, 410}:
        # What the Hub says to strangers about anything that it does not show them
        return DatasetNotFound(at.dataset_id)
    if answer.status == 403:
        return DatasetGated(f"The Hub does not show this of {at.dataset_id!r}.")
    if answer.status == 400 and further:
        return BadCursor("The Hub does not know this place any more: begin again without it.")
    return answer.refusal("an answer")


def no_revision(at: At) -> RevisionNotFound:
    """There is no such branch, tag or commit."""
    return RevisionNotFound(f"{at.dataset_id!r} has no revision {at.revision!r}.")
