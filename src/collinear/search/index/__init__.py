"""What is written into the index, and by whom."""
