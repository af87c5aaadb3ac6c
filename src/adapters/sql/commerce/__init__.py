"""Commerce's stores and reads: orders and payments, money that came in, refunds, the ledger."""
