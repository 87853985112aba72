"""`modu serve`: from a profile and a machine to a running model server."""
