"""Indexes of distinct documents: by which duplicates are found within a version and across many.

An index holds the key of each distinct document, how often it stands in the version, and the bytes
and tokens of one copy. See `registry.documents.INDEX`.
"""
