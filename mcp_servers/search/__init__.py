"""The search server: an index of the user's documents, by Korean morphemes."""
