"""Identity: users, their logins and rights.

Owns users, device sessions, one-time codes and the audit log. Workflows: registration, logins, authentication,
passwords, addresses (e-mail), profiles (and leaving for good), administration. Announces who registered, which codes
wait to be mailed, what ended somebody's access, whose password, address or role changed, and whose account was erased.
"""
