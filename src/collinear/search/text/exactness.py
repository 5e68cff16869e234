"""
Keys that tell how exactly a name is meant: as typed, but for case, or folded.

A key begins with the folded name and goes on with digests of the name in lower case and, where
it differs, as written.  One dictionary of keys then holds all three steps: the whole key is the
name as it is written, its beginnings are the looser ones.
"""

from base64 import urlsafe_b64encode
from hashlib import blake2b
from typing import NamedTuple

_END = "\x01"
"""Ends the folded name: no character of one."""


class Key(NamedTuple):
    """The key of a name, and the beginnings that all names share that differ from it so far."""

    as_typed: str
    but_for_case: str
    folded: str


def key(name: str, folded: str) -> Key:
    """The key of a name whose folded form is known."""
    lower = name.lower()
    start = folded + _END
    but_for_case = start + _digest(lower)
    as_typed = but_for_case if name == lower else but_for_case + _digest(name)
    return Key(as_typed, but_for_case, start)


def folded(key: str) -> str:
    """The folded name in a key."""
    return key.partition(_END)[0]


def _digest(text: str) -> str:
    """24 bits: few names share a folded form, and fewer of those a digest."""
    some = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=3).digest()
    return urlsafe_b64encode(some).decode()
