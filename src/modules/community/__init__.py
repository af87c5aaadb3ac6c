"""Community: what keeps a class together.

Owns groups and their members. Workflows: founding (groups and their settings), joining (and leaving, and one's own
notifications) and hosting (roles, silence, bans). Announces who lost a place.
"""
