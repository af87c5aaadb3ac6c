"""The rules of the chatbot: pure values, no I/O."""
