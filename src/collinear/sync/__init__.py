"""Hub -> store."""
