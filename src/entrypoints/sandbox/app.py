"""The sandbox as one object: an ASGI application whose paths all begin with ``/sandbox/``, and an SMTP server.

It runs in the event loop that starts it and keeps everything in memory; who wants it kept over a restart asks for it.
"""

from __future__ import annotations

import pickle
import secrets
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Response, get, post, put

from entrypoints.sandbox.checkout_pages import checkout_pages
from entrypoints.sandbox.faults import FaultDocument, Faults
from entrypoints.sandbox.fcm import Fcm, fcm_api
from entrypoints.sandbox.fcm_account import FcmAccount
from entrypoints.sandbox.mail_pages import mail_pages
from entrypoints.sandbox.mailbox import Mailbox
from entrypoints.sandbox.openai import LanguageModel, openai_api
from entrypoints.sandbox.pages import page
from entrypoints.sandbox.payment_pages import payment_pages
from entrypoints.sandbox.push_pages import push_pages
from entrypoints.sandbox.pushes import Pushes
from entrypoints.sandbox.razorpay import Razorpay
from entrypoints.sandbox.razorpay_api import razorpay_api
from entrypoints.sandbox.razorpay_control import razorpay_control
from entrypoints.sandbox.razorpay_state import RazorpayAccount
from entrypoints.sandbox.smtp import SmtpServer
from entrypoints.sandbox.webhooks import WebhookSender

_INDEX: Final = """
<h1>The outside world, in one process</h1>
<p>Payments, mail, pushes and whatever else the school needs from others are played here over their real protocols.
No money moves, and no mail or push leaves this machine.</p>
<ul class="links" style="margin-top:1.25rem">
<li class="card"><a href="/sandbox/razorpay/"><b>Payments</b></a>
<p class="soft">Orders, their checkout pages, payments.</p></li>
<li class="card"><a href="/sandbox/mail/"><b>Mail</b></a><p class="soft">Everything that was sent, to whomever.</p></li>
<li class="card"><a href="/sandbox/push/"><b>Phones</b></a>
<p class="soft">The pushes that lie on each screen, and those they replaced.</p></li>
<li class="card"><a href="/sandbox/openai/calls/"><b>Language model</b></a>
<p class="soft">What it was asked last, as JSON.</p></li>
<li class="card"><a href="/sandbox/razorpay/webhooks/"><b>Webhooks</b></a>
<p class="soft">Each delivery attempt, as JSON.</p></li>
<li class="card"><a href="/sandbox/faults/"><b>Faults</b></a><p class="soft">How the world misbehaves, as JSON;
<code>PUT</code> the same document to change it. <a href="/sandbox/faults/schema/">What may stand in it</a>.</p></li>
</ul>
"""


class SandboxConfig(msgspec.Struct, frozen=True):
    """``smtp_port`` 0 takes any free port. Nothing is delivered while ``webhook_url`` is ``None``.

    ``service_account`` is who may send pushes, as in Google's JSON file; without one nobody may.
    """

    key_id: str = "rzp_test_sandbox000000"
    key_secret: str = msgspec.field(default_factory=lambda: secrets.token_hex(16))
    webhook_secret: str = msgspec.field(default_factory=lambda: secrets.token_hex(16))
    webhook_url: str | None = None
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 0
    merchant_name: str = "Shala"
    service_account: dict[str, str] | None = None


class Sandbox:
    """Embed it by handing ``app`` every request under ``/sandbox/`` and calling ``start`` and ``stop``.

    Served alone, ``app`` starts and stops itself with its lifespan. A stopped sandbox may be started again.
    """

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.faults = Faults()
        self.mailbox = Mailbox()
        self.pushes = Pushes()
        self._smtp = SmtpServer(self.mailbox, self.faults, config.smtp_host, config.smtp_port)
        self._webhooks = WebhookSender(config.webhook_secret, config.webhook_url, self.faults)
        account = RazorpayAccount(config.key_id, config.key_secret)
        self._razorpay = Razorpay(account, self._webhooks, self.faults, config.merchant_name)
        sender = None if config.service_account is None else FcmAccount(config.service_account)
        self.language_model = LanguageModel(self.faults)
        self._fcm = Fcm(sender, self.pushes, self.faults)
        self.app = self._application()

    @property
    def smtp_port(self) -> int:
        """The port mail is taken on; the configured one, perhaps 0, until started."""
        return self._smtp.port

    @property
    def webhook_url(self) -> str | None:
        return self._webhooks.url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self._webhooks.url = url

    async def start(self) -> None:
        self._webhooks.start()
        await self._smtp.start()

    async def stop(self) -> None:
        """Webhooks still waiting for a retry are lost."""
        await self._smtp.stop()
        await self._webhooks.stop()

    def memory(self) -> bytes:
        """What was sold, mailed and pushed, for `recall` after a restart: the real world does not forget it."""
        return pickle.dumps([{name: getattr(thing, name) for name in names} for thing, names in self._remembered()])

    def recall(self, memory: bytes) -> None:
        """Take up what `memory` gave; only ever from a file of one's own."""
        for (thing, names), state in zip(self._remembered(), pickle.loads(memory), strict=True):  # noqa: S301
            for name in names:
                setattr(thing, name, state[name])

    def forget(self) -> None:
        """Back to an empty world that behaves."""
        self.faults.replace(FaultDocument())
        self._razorpay.forget()
        self.mailbox.forget()
        self.pushes.forget()
        self.language_model.forget()

    def _remembered(self) -> list[tuple[object, tuple[str, ...]]]:
        account = ("orders", "payments", "_order_of_receipt", "_payments_of_order")
        return [
            (self._razorpay.account, account),
            (self._razorpay.refunds, ("all",)),
            (self._razorpay.keys, ("_answers",)),
            (self.mailbox, ("_mails", "_last_id")),
            (self.pushes, ("_pushes", "_last_id")),
        ]

    def _application(self) -> Litestar:
        return Litestar(
            route_handlers=[
                *self._world_routes(),
                razorpay_api(self._razorpay),
                razorpay_control(self._razorpay),
                checkout_pages(self._razorpay),
                payment_pages(self._razorpay),
                mail_pages(self.mailbox),
                fcm_api(self._fcm),
                openai_api(self.language_model),
                push_pages(self.pushes, self.config.merchant_name),
            ],
            on_startup=[self.start],
            on_shutdown=[self.stop],
            openapi_config=None,
            logging_config=None,
        )

    def _world_routes(self) -> list[Any]:
        @get("/sandbox")
        async def index() -> Response[str]:
            return page("The outside world", _INDEX)

        @get("/sandbox/faults")
        async def show_faults() -> FaultDocument:
            return self.faults.document

        @get("/sandbox/faults/schema")
        async def fault_schema() -> dict[str, Any]:
            return msgspec.json.schema(FaultDocument)

        @put("/sandbox/faults")
        async def set_faults(request: Request[Any, Any, Any]) -> Response[Any]:
            try:
                document = msgspec.json.decode(await request.body(), type=FaultDocument)
            except msgspec.DecodeError as error:
                return Response({"error": {"description": str(error)}}, status_code=400)
            self.faults.replace(document)
            return Response(document)

        @post("/sandbox/reset", status_code=204)
        async def reset() -> None:
            self.forget()

        return [index, show_faults, fault_schema, set_faults, reset]
