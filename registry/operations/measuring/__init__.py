"""What passes over documents find and keep: near duplicates, contamination."""
