"""The chatbot's stores and reads: passages, conversations, and what it asks of learning."""
