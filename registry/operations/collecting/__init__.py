"""From a source to a version of a dataset."""
