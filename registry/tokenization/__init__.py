"""Tokenizers: load, fingerprint, train, encode, count; token shard formats."""
