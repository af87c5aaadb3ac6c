"""The course chatbot: what a course's texts say, found and quoted for a student who asks.

Published contents are cut into passages (`indexing`); questions are asked in conversations (`conversing`, `asking`).
What is not open to whoever asks is not even ranked.
"""
