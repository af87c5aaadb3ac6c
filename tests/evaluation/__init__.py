"""The chatbot, measured: three courses and 252 questions."""
