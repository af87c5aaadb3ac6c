"""Community: what keeps a class together.

Owns groups, members, posts and chat. Workflows: founding (groups and their settings), joining (and leaving, and one's
own notifications), hosting (roles, silence, bans), posting (posts, replies, reactions, reports), moderating, chatting
(messages, with the class or with one of it) and reading (how far members have come). Announces posts, decisions about
them, who lost a place, and files that are nobody's any more; `live` is what open sockets are told at once.
"""
