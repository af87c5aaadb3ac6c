"""Notifications: what people are told, and through which channel. Owns the record of each mail.

Workflows: mailing.
"""
