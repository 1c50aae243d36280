"""Around every page: who is here, what is new, what the browser remembers, who waits."""
