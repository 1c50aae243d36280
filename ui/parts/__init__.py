"""What several pages are made of: files, words, controls."""
