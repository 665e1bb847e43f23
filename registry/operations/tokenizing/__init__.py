"""Tokenizers, token counts and token shards."""
