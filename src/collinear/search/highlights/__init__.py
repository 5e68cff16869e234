"""Where the words stand in what was found."""
