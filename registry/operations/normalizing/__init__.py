"""Recipes over versions."""
