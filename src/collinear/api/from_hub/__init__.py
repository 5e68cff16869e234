"""What the Hub is asked on behalf of callers: together, in pages, for as long as it is true."""
