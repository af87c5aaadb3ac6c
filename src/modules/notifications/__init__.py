"""Notifications: what people are told, and through which channel. Owns notices and the
notifications that they are spread as, what people chose about them, their devices, and the record of each mail.

Workflows: telling, inbox, preferring, batching, pushing, mailing.
Events: NoticePosted, PushesWaiting, GroupChosen.
"""
