"""Community: what keeps a class together.

Owns groups, members and posts. Workflows: founding (groups and their settings), joining (and leaving, and one's own
notifications), hosting (roles, silence, bans), posting (posts, replies, reactions, reports) and moderating. Announces
posts, decisions about them, and who lost a place.
"""
