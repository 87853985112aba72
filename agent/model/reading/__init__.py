"""From the bytes of an answer to clean deltas: everything model servers and models get wrong in a reply."""
