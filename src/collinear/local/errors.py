"""Why the local system does not start; each message says what to do about it."""

from pathlib import Path


class CannotStart(Exception):
    """The system cannot start as asked: the message is for the person who asked."""


class AlreadyRunning(CannotStart):
    """Another supervisor holds the data directory."""

    def __init__(self, data_dir: Path, who: str) -> None:
        super().__init__(
            f"{who} already runs on {data_dir}: stop it first, or choose another --data-dir."
        )


class PortTaken(CannotStart):
    """Another program listens on the port."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is taken by another program: "
            "choose another with --port (0: any free one)."
        )


class PartRefused(CannotStart):
    """A part says that it will never start like this."""

    def __init__(self, part: str, reason: str) -> None:
        super().__init__(
            reason.removeprefix("collinear: ") or f"The {part} refuses to start; its log says why."
        )
        self.part = part
