"""`Assistant` and `Session` over the wire, for faces with an event loop."""
