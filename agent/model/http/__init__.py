"""The client of an OpenAI-compatible server: the request, its retries, and what a server refused once."""
