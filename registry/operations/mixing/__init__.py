"""Weights over versions."""
