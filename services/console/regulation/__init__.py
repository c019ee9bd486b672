"""The regulator's console: a request in a few keys, who waits, and what became of it."""
