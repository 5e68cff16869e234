"""The supervisor of ``collinear up`` and ``collinear demo``: all parts on one machine."""
