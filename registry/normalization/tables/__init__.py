"""Recipes for tables: typed columns in, typed columns out, fitted where a step asks for it."""
