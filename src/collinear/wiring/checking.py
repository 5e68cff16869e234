"""What compares the catalog: with itself, and with its Hub."""

from collections.abc import Iterator
from contextlib import contextmanager

from collinear.settings import Settings
from collinear.store.budget import Budget
from collinear.store.feed import CatalogFeed
from collinear.store.ledger import Ledger
from collinear.store.survey import Survey
from collinear.verify.upstream import Turns, Upstream
from collinear.verify.verification import Verification
from collinear.wiring.hub import create_listing, open_hub
from collinear.wiring.stores import catalog_keys, open_store


@contextmanager
def open_verification(settings: Settings) -> Iterator[Verification]:
    """What compares all that is stored of the catalog, and the index of the data directory."""
    with open_store(settings) as client:
        yield Verification(
            Survey(client, catalog_keys(settings)),
            Ledger(client, catalog_keys(settings)),
            CatalogFeed(client, catalog_keys(settings)),
            policy=settings.impact_policy,
            index_dir=settings.index_dir,
        )


@contextmanager
def open_upstream(settings: Settings) -> Iterator[Upstream]:
    """What asks the catalog's own Hub about a sample; the token goes to the Hub that is set."""
    with open_store(settings) as client:
        ledger = Ledger(client, catalog_keys(settings))
        endpoint = ledger.books().meta.get("endpoint") or settings.hf_endpoint
        if endpoint != settings.hf_endpoint:
            settings = settings.model_copy(update={"hf_endpoint": endpoint, "hf_token": None})
        budget = Budget(client, catalog_keys(settings), share=settings.sync_share)
        turns = Turns(budget)
        with open_hub(settings) as http:
            listing = create_listing(settings, http, budget, before=turns.wait)
            yield Upstream(Survey(client, catalog_keys(settings)), ledger, listing, turns)
