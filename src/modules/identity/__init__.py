"""Identity: users, their logins and rights.

Owns users, device sessions, one-time codes and the audit log. Workflows: registration, logins, authentication,
passwords, addresses (e-mail), profiles, administration, erasure. Announces who registered, which codes wait to be
mailed, and what ended somebody's access.
"""
