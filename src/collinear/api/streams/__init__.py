"""The changes as they come: one reader for the process, any number of listeners."""
