"""The command ``collinear``."""
