"""What is stored beside the datasets: counts, names, the page map, the books."""

import re
from collections.abc import Sequence
from typing import Any

import orjson

from collinear.store.ledger import Books, Ledger
from collinear.store.survey import Survey
from collinear.verify.report import MOST_EXAMPLES, Tally

_HUB_ID = re.compile(rb"[0-9a-f]{24}")
_OBJECTS = (
    "last_error",
    "held_removals",
    "quarantine",
    "freshness",
    "hub_fields",
    "token_refused",
    "thresholds",
)
"""Fields of meta that hold a JSON object, or nothing."""
_BEFORE_A_CATALOG = {"wanted_thresholds", "hub_fields", "token_refused"}
"""Fields that a worker may write before there is a catalog."""
_OVER = {"", "succeeded", "failed", "quarantined"}


def check_counts(survey: Survey) -> Tally:
    """As many ids as documents, identities, members of each order, and as meta says."""
    tally = Tally("counts")
    counts = survey.counts()
    tally.looked_at = len(counts)
    for name, count in counts.items():
        if count == counts["ids"]:
            continue
        tally.found(name, f"holds {count:,}; the catalog order holds {counts['ids']:,}")
        if name == "documents" or name.startswith("by:"):
            for id_ in _first(survey, name):
                tally.found(id_, f"is in {name}, and not in the catalog order")
    return tally


def check_identities(survey: Survey, ledger: Ledger, tally: Tally) -> None:
    """No identity points at an id that another dataset has, or nobody."""
    for piece in ledger.identities():
        ids = [text.partition(b" ")[2] for text in piece.values()]
        _, rows = survey.named(ids)
        doubtful = [
            hub_id
            for (hub_id, text), row in zip(piece.items(), rows, strict=True)
            if row.identity != text
        ]
        if not doubtful:
            continue
        # Renamed or removed in between, or really wrong: both in one step tell
        _, _, now = ledger.identities_now([hub_id.decode() for hub_id in doubtful])
        known = {h: text for h, text in zip(doubtful, now, strict=True) if text is not None}
        _, rows = survey.named([text.partition(b" ")[2] for text in known.values()])
        for (hub_id, text), row in zip(known.items(), rows, strict=True):
            if row.identity != text and row.document is None:
                id_ = text.partition(b" ")[2].decode(errors="backslashreplace")
                tally.found(hub_id, f"is the identity of {id_!r}, which is not there")


def check_names(survey: Survey, tally: Tally) -> None:
    """Ids in lower case lead to ids that are there; former ids never hide a present one."""
    for piece in survey.folded():
        listed = {lower: _listed(text) for lower, text in piece.items()}
        ids = {id_: lower for lower, names in listed.items() for id_ in names}
        there = survey.present(list(ids))
        suspects = {lower for lower, names in listed.items() if not _leads(lower, names)}
        suspects.update(
            lower for (_, lower), here in zip(ids.items(), there, strict=True) if not here
        )
        _look_again(survey, sorted(suspects), tally)
    for piece in survey.renamed():
        tally.looked_at += len(piece)
        if not piece:
            continue
        former, identities = survey.renamed_now(list(piece), list(piece.values()))
        for (id_, hub_id), still, identity in zip(piece.items(), former, identities, strict=True):
            if still != hub_id:
                continue
            if not _HUB_ID.fullmatch(hub_id):
                tally.found(id_, f"is a former id of {hub_id!r}, which is no dataset's")
            elif identity is not None and identity.partition(b" ")[2] == id_:
                tally.found(id_, "is a former id of the dataset that has it now")


def check_page_map(ledger: Ledger, *, ascending: bool) -> Tally:
    """
    Every page has a cursor and an end, and the ends ascend.

    Where the catalog's own order is not that of ``hub_id``, neither is the map's.
    """
    tally = Tally("page map")
    before = ""
    for number, text in enumerate(ledger.page_map()):
        tally.looked_at += 1
        page = _json(text)
        if not (isinstance(page, list) and len(page) == 2):
            tally.found(f"page {number}", f"cannot be read: {text[:80]!r}")
            continue
        cursor, last = page
        if cursor is None and number > 0:
            tally.found(f"page {number}", "has no cursor")
        elif cursor is not None and not (isinstance(cursor, str) and cursor.startswith("/")):
            tally.found(f"page {number}", f"has a cursor that is none: {str(cursor)[:80]!r}")
        if not (isinstance(last, str) and _HUB_ID.fullmatch(last.encode())):
            tally.found(f"page {number}", f"ends with no dataset: {last!r}")
            continue
        if last == before or (ascending and last < before):
            tally.found(f"page {number}", f"ends with {last}, the page before with {before}")
        before = last
    return tally


def check_books(books: Books, letters: Sequence[bytes]) -> Tally:
    """The fields of meta can be read, and say what the run says."""
    tally = Tally("books")
    meta = books.meta
    tally.looked_at = len(meta)
    for name in _OBJECTS:
        if meta.get(name) and not isinstance(_json(meta[name]), dict):
            tally.found(name, f"cannot be read: {meta[name][:80]!r}")
    state = books.run.get("state", "")
    if meta.get("refreshing") == "true" and state in _OVER:
        tally.found("refreshing", f"is true, and the run is {state or 'not there'}")
    if meta.keys() - _BEFORE_A_CATALOG and not meta.get("epoch"):
        tally.found("epoch", "is not there: serials have no beginning")
    serial = meta.get("serial", "")
    if serial or books.serial_of_stream != "0-0":
        wanted = f"{meta.get('epoch')}:{books.serial_of_stream}"
        if serial != wanted:
            tally.found("serial", f"is {serial!r}; the newest change is {wanted!r}")
    for text in letters:
        tally.looked_at += 1
        letter = _json(text)
        if not (isinstance(letter, dict) and {"id", "hub_id", "reason", "at"} <= letter.keys()):
            tally.found("dead letters", f"hold what cannot be read: {text[:80]!r}")
    return tally


def _first(survey: Survey, name: str) -> list[bytes]:
    found: list[bytes] = []
    for id_ in survey.surplus(name):
        found.append(id_)
        if len(found) == MOST_EXAMPLES:
            break
    return found


def _look_again(survey: Survey, suspects: list[bytes], tally: Tally) -> None:
    """Each entry of ``folded`` and its ids at one moment: what disagrees now is wrong."""
    for lower in suspects:
        [text], _ = survey.folded_now([lower], [])
        if text is None:
            continue
        ids = _listed(text)
        if not _leads(lower, ids):
            tally.found(lower, f"leads to {text[:80]!r} by its lower case")
            continue
        [still], there = survey.folded_now([lower], ids)
        if still == text:
            for id_, here in zip(ids, there, strict=True):
                if not here:
                    tally.found(id_, "is found by its lower case, and not there")


def _leads(lower: bytes, ids: list[bytes]) -> bool:
    """Whether an entry of ``folded`` is a list of ids that it is the lower case of."""
    return bool(ids) and all(id_.lower() == lower and id_ != lower for id_ in ids)


def _listed(text: bytes) -> list[bytes]:
    names = _json(text)
    if not isinstance(names, list):
        return []
    return [name.encode(errors="replace") for name in names if isinstance(name, str)]


def _json(text: str | bytes) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return None
