"""Is it enough: supply against targets, by laws."""
