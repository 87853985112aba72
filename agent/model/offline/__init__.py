"""A Korean command interpreter that stands in for a model: it maps requests to tool calls by rules alone."""
