"""What all readers of files refuse."""


class Unreadable(Exception):
    """The file is broken, encrypted, or not what it says."""
