"""What each operation means: one family per file, one block per op."""
