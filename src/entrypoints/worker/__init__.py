"""Work behind the requests: the dispatcher that drains the outbox, and the schedule that fills it."""
