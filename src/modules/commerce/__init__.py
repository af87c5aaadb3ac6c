"""Commerce: orders, payments and what the gateway says of them.

Owns payments and the gateway's events. Workflows: checkout (orders, verification), webhooks, settlement (the one place
that applies what is known of a payment) and reconciling. Announces paid orders.
"""
