"""One dataset by request: whether the Hub still has what a listing did not show."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from collinear.domain.errors import HubContractBroken
from collinear.hub.answers import HubAnswer
from collinear.hub.connection import HubConnection
from collinear.hub.fields import listed_in, with_fields

_MOST_HOPS = 5
"""A dataset that was renamed so often is found; more is a circle."""


def look_up(hub: HubConnection, dataset_id: str, fields: Sequence[str]) -> dict[str, Any] | None:
    """
    The row of a dataset in the shape of the listing, or None where the Hub shows none.

    A renamed id leads to the row of the new one, which may be another dataset: compare ``_id``.
    Asked of the Hub are one request and one for each time that it was renamed.

    Raises:
        HubUnavailable, HubTimeout, HubRateLimited: The Hub is in trouble.
        HubContractBroken: The answer is not the API's: it says nothing about the dataset.
    """
    address = with_fields(f"/api/datasets/{quote(dataset_id)}", fields)
    refused = False
    for _ in range(_MOST_HOPS):
        answer = hub.get(address)
        valid = listed_in(answer)
        if valid is not None and not refused:
            refused = True
            address = with_fields(address, [field for field in fields if field in valid])
        elif answer.status in {301, 302, 303, 307, 308}:
            address = _followed(hub, answer)
        elif answer.status == 200:
            return _row(answer)
        elif answer.status in {401, 403, 404, 410} and not answer.is_web_page:
            # missing, private and forbidden look alike to strangers
            return None
        else:
            raise answer.refusal("a dataset")
    raise HubContractBroken(f"{hub.name} sends us in circles for {dataset_id!r}.")


def _followed(hub: HubConnection, answer: HubAnswer) -> str:
    address = hub.local(answer.headers.get("location", ""))
    if address is None or not address.startswith("/api/datasets/"):
        raise answer.refusal("a dataset")
    return address


def _row(answer: HubAnswer) -> dict[str, Any]:
    row = answer.parsed("a dataset")
    if not (
        isinstance(row, dict) and isinstance(row.get("_id"), str) and isinstance(row.get("id"), str)
    ):
        raise HubContractBroken(f"{answer.hub} sent no dataset: check HF_ENDPOINT.")
    return row
