"""Vectors of documents, their likeness and diversity."""
