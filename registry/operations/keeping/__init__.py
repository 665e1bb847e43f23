"""The home itself: made, found, verified."""
