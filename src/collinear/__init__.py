"""A complete, fresh and fast catalog of every dataset on the Hugging Face Hub."""

__version__ = "0.1.0"
