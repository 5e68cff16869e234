"""What can be seen of a process: its log lines, its counts and times, its traces."""

from collinear.telemetry.logs import configure_logging, get_logger

__all__ = ["configure_logging", "get_logger"]
