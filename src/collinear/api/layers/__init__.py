"""What every request passes, each layer for one thing."""
