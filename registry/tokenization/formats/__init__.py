"""Token shard formats, one a file."""
