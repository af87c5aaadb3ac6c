"""The community's stores and reads."""
