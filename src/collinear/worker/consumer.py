"""What the worker reads its messages with."""

from threading import Event

from celery.worker.consumer import Consumer

_PAUSE = 1.0
"""Seconds between two attempts at a broker that answers, but refuses to work."""


class PatientConsumer(Consumer):
    """
    Connects to the broker anew, as often as it takes, but not as fast as it can.

    A Redis that has become a replica, or whose disk is full, can be connected to at once and
    refuses at once: without a pause the worker would ask it hundreds of times a second.
    """

    def on_connection_error_before_connected(self, exc: Exception) -> None:
        """Say what is wrong; the next attempt follows the pause."""
        super().on_connection_error_before_connected(exc)
        Event().wait(_PAUSE)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Leave the broken connection; the next attempt follows the pause."""
        super().on_connection_error_after_connected(exc)
        Event().wait(_PAUSE)
