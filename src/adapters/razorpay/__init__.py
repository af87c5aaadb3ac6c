"""Razorpay through its own SDK, made safe: bounded in time and threads, its answers checked, its secrets kept."""
