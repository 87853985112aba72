"""What answers at a URL: engine, models, window, tokenizer, figures."""
