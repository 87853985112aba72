"""One turn as a LangGraph graph; its state is two numbers, everything else stands in the transcript."""
