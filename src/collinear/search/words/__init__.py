"""What was typed: how it is read, what it finds, and what comes first."""
