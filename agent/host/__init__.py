"""The other end of the wire: answers faces with the sessions of one home."""
