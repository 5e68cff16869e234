"""What else people may want: while they type, and beside what they found."""
