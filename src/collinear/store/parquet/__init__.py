"""The catalog as a Parquet file: its columns, and how it is kept beside the snapshot."""
