"""Index + store -> page: what a reader of the catalog may ask."""
