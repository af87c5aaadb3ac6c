"""The outside world, spoken to over its real protocols: Razorpay and Firebase over HTTP, SMTP, and pages for
people.

The embedded default, staging and the tests run it in place of the internet, so that the production adapters are
exercised unchanged. It guards nothing: never expose it in production.
"""

from entrypoints.sandbox.app import Sandbox, SandboxConfig

__all__ = ["Sandbox", "SandboxConfig"]
