"""Whether all that is stored of the catalog agrees, and whether it agrees with the Hub."""
