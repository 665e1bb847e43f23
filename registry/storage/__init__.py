"""Bytes: content-addressed objects on any fsspec file system."""
