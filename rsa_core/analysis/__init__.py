"""Image science: what statistics say about ciphertext, and what they cannot say."""
