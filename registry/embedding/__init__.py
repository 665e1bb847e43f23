"""Vectors of terms and documents: train, read, apply, search, and measure how varied they are."""
