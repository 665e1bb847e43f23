"""Samples, descriptions and lineage: to see what is held."""
