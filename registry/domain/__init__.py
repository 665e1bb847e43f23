"""Frozen values: what every room hands to every other."""
