"""The sockets: a community's chat, and what concerns one user alone."""
