"""Recipes and their steps: a batch in, a batch and a ledger out."""
