"""Metadata and tokens to other tools, and from them."""
