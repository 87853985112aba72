"""Two-way synchronisation with CalDAV servers (RFC 4791, 6578): nothing is lost, whichever side dies in the middle."""
