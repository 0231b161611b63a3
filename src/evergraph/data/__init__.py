"""Input: datasets, record files."""
