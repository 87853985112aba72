"""Whatever continues a conversation: the client of OpenAI-compatible servers, and the offline engine."""
