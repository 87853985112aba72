"""Personal data in Korean text: found, replaced by placeholders before a model sees it, put back afterwards."""
