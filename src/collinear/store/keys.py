"""The names of all keys; nothing else builds one."""

from dataclasses import dataclass

ORDERS = ("downloads", "likes", "size_bytes", "last_modified", "created_at", "trending_score", "id")
"""The measures that a sorted set of its own is kept for."""


@dataclass(frozen=True, slots=True)
class Keys:
    """
    Every key begins with one prefix.

    The default prefix carries a hash tag, so that all keys live in one slot of a cluster
    and one transaction may touch them all.
    """

    prefix: str = "{hf:datasets}"

    # What downstream readers may rely on

    @property
    def ids(self) -> str:
        """Sorted set: ids in catalog order; the score is created second x 2^21 + place in it."""
        return f"{self.prefix}:ids"

    def by(self, field: str) -> str:
        """Sorted set: every id by one measure; an unknown value has the score -inf."""
        return f"{self.prefix}:by:{field}"

    @property
    def documents(self) -> str:
        """Hash: id -> the JSON document that the API serves."""
        return f"{self.prefix}:documents"

    @property
    def changes(self) -> str:
        """Stream: one entry per change, fields op, id, hub_id, previous_id, changed, at."""
        return f"{self.prefix}:changes"

    def snapshot(self, part: int = 0) -> str:
        """String: base64 of the gzip of the catalog as JSON Lines, cut into parts."""
        return f"{self.prefix}:snapshot:{part}" if part else f"{self.prefix}:snapshot"

    def parquet(self, part: int = 0) -> str:
        """String: the snapshot as a Parquet file, cut into parts."""
        return f"{self.prefix}:parquet:{part}" if part else f"{self.prefix}:parquet"

    @property
    def meta(self) -> str:
        """Hash: the state of the catalog in a few fields."""
        return f"{self.prefix}:meta"

    # What the system itself needs

    @property
    def identities(self) -> str:
        """Hash: hub_id -> "ORDINAL ID"; ordinals are dense, never reused, and never change."""
        return f"{self.prefix}:identities"

    @property
    def folded(self) -> str:
        """Hash: an id in lower case -> JSON list of the ids (that have capitals) it stands for."""
        return f"{self.prefix}:folded"

    @property
    def renamed(self) -> str:
        """Hash: an id that a dataset had -> its hub_id."""
        return f"{self.prefix}:renamed"

    @property
    def seen(self) -> str:
        """String: for each ordinal 4 bytes (big-endian), the second it was last seen on the Hub."""
        return f"{self.prefix}:seen"

    @property
    def fingerprints(self) -> str:
        """String: for each ordinal 8 bytes, the digest of the row that its document came from."""
        return f"{self.prefix}:fingerprints"

    @property
    def last_changes(self) -> str:
        """String: for each ordinal 8 bytes, the position of its last change in the stream."""
        return f"{self.prefix}:last-changes"

    @property
    def page_map(self) -> str:
        """List: the listing pages of the last complete walk, as JSON."""
        return f"{self.prefix}:page-map"

    @property
    def dead_letters(self) -> str:
        """Hash: the identity of a row that is set aside -> JSON with its reason and times."""
        return f"{self.prefix}:dead-letters"

    @property
    def run(self) -> str:
        """Hash: the run that is going on, or the last one."""
        return f"{self.prefix}:run"

    @property
    def lease(self) -> str:
        """String with an expiry: present while a worker works on the run."""
        return f"{self.prefix}:run:lease"

    @property
    def run_pages(self) -> str:
        """Hash: page number -> JSON of the page, for the run that is going on."""
        return f"{self.prefix}:run:pages"

    @property
    def run_claims(self) -> str:
        """Hash: page number -> the token of the worker that took the page last."""
        return f"{self.prefix}:run:claims"

    @property
    def run_done(self) -> str:
        """Hash: page number -> JSON of the page's outcome."""
        return f"{self.prefix}:run:done"

    @property
    def run_deferred(self) -> str:
        """Hash: hub_id -> document that waits for the end of the run: its id is still taken."""
        return f"{self.prefix}:run:deferred"

    @property
    def requests(self) -> str:
        """Hash: kind of run -> JSON of the request that waits for its turn."""
        return f"{self.prefix}:requests"

    @property
    def due(self) -> str:
        """Hash: kind of run -> the second at which the schedule wants it next."""
        return f"{self.prefix}:due"

    @property
    def parquet_writer(self) -> str:
        """Hash with an expiry: the worker that writes the Parquet file, or the pause before one."""
        return f"{self.prefix}:parquet:writer"

    @property
    def budget(self) -> str:
        """Hash: the Hub's rate limit as all processes know it."""
        return f"{self.prefix}:budget"

    def rate(self, client: str) -> str:
        """String with an expiry: the requests of this client in the window that goes on."""
        return f"{self.prefix}:rate:{client}"

    # What can be seen of the system

    @property
    def counters(self) -> str:
        """Hash: "FAMILY|LABEL|..." -> how often, or how many seconds, since ever."""
        return f"{self.prefix}:counters"

    @property
    def workers(self) -> str:
        """Hash: a worker's name -> JSON of its last sign of life."""
        return f"{self.prefix}:workers"

    @property
    def queue(self) -> str:
        """List: Celery's messages that wait for a worker, as its transport keeps them."""
        return f"{self.prefix}:celery:collinear"
