"""The transcript: append-only rows in SQL, from which everything the model is sent is computed (invariant 2)."""
