"""How fast it is, always against something in the same run."""
