"""A school's money under random trouble: people buy and ask back, Razorpay tells late, twice, out of order or never,
processes die in the middle. Everything is drawn from one seed.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from core.actor import Role
from core.errors import AppError
from entrypoints.sandbox.faults import FaultDocument
from modules.commerce.domain.coupons import Kind
from modules.commerce.domain.refunds import RefundStatus
from worlds import MadeCourse, Person, World

STUDENTS, COURSES = 30, 6
FAULTS = ("drop_before", "drop_after", "429", "502_html", "truncated_json")
OUTCOMES = ("captured", "captured", "captured", "captured", "failed", "authorized")


@dataclass
class Trouble:
    world: World
    rng: random.Random
    students: list[Person] = field(default_factory=list)
    courses: list[MadeCourse] = field(default_factory=list)
    products: list[str] = field(default_factory=list)
    proofs: list[tuple[Person, dict[str, Any]]] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    doomed: int | None = None

    async def prepare(self) -> None:
        world = self.world
        self.students = [await world.person() for _ in range(STUDENTS)]
        self.courses = [await world.course(price_paise=10_000 + 3_333 * n, texts=1) for n in range(COURSES)]
        teacher, admin, do = await world.person(Role.INSTRUCTOR), (await world.admin()).actor, world.house.workflows
        for course in self.courses[:3]:
            await world.house.workflows.authoring.add_instructor(admin, course.id, teacher.id)
            await world.house.workflows.sharing.set_share(admin, course.id, teacher.id, 3_333)
        for code, percent in (("THIRD", 3333), ("FREE", 10_000)):
            await world.house.workflows.couponing.create(
                (await world.admin()).actor,
                code=code,
                kind=Kind.PERCENTAGE,
                percent_bp=percent,
                amount_paise=None,
                most_paise=None,
                starts_at=None,
                ends_at=None,
                max_uses=20,
                max_uses_per_user=None,
                course_ids=(),
            )
        bundle = await do.offering.add_bundle(
            admin, title="Two", description="", price_paise=15_000, course_ids=[each.id for each in self.courses[:2]]
        )
        await do.offering.change_bundle(admin, bundle.id, {"is_published": True})
        plan = await do.offering.add_plan(
            admin, self.courses[-1].id, title="Three parts", amounts=(5_000, 5_000, 4_000), interval_days=30
        )
        courses = [f"course:{course.id}" for course in self.courses]
        self.products = [*courses, f"bundle:{bundle.id}", f"plan:{plan.id}", f"plan:{plan.id}"]
        self.make_mortal()

    async def step(self) -> None:
        acts: list[Callable[[], Awaitable[object]]] = [
            *[self.buy] * 8,
            *[self.verify] * 4,
            *[self.deliver] * 8,
            *[self.work] * 5,
            *[self.ask_back] * 3,
            *[self.decide] * 4,
            self.refund_elsewhere,
            self.fail_a_refund,
            self.dispute,
            self.break_the_gateway,
            self.let_time_pass,
            self.enrol_by_hand,
        ]
        act = self.rng.choice(acts)
        name = act.__name__
        self.done[name] = self.done.get(name, 0) + 1
        self.doomed = self.rng.randrange(6) if self.rng.random() < 0.2 else None
        with suppress(AppError, asyncio.CancelledError):
            await act()
        self.doomed = None

    def may_die(self) -> None:
        """Called between transactions and calls: what is done in the middle of one is undone or unknown anyway."""
        if self.doomed is None:
            return
        self.doomed -= 1
        if self.doomed < 0:
            self.doomed = None
            self.done["killed"] = self.done.get("killed", 0) + 1
            raise asyncio.CancelledError

    def make_mortal(self) -> None:
        """Processes die before a call to Razorpay, before its answer, and right after a commit."""
        gateway, wakes = self.world.house.gateway, self.world.house.wake_up
        call, wake = gateway._call, wakes.wake  # type: ignore[attr-defined]

        async def called(*given: Any) -> Any:
            self.may_die()
            answer = await call(*given)
            self.may_die()
            return answer

        def woken() -> None:
            wake()
            self.may_die()

        gateway._call, wakes.wake = called, woken  # type: ignore[attr-defined,method-assign]

    # --- what people do ----------------------------------------------------------------------------------------------

    async def buy(self) -> None:
        """Order, and pay at the checkout; sometimes too little, or twice."""
        student, product = self.rng.choice(self.students), self.rng.choice(self.products)
        code = None if product.startswith("plan") else self.rng.choice((None, None, None, "THIRD", "FREE"))
        opened = await self.world.house.workflows.checkout.open_order(student.actor, product, coupon_code=code)
        order = opened.payment.razorpay_order
        if order is None:
            return
        wanted: dict[str, Any] = {"outcome": self.rng.choice(OUTCOMES)}
        if self.rng.random() < 0.06:
            wanted = {"amount": self.rng.choice((100, opened.payment.amount_paise + 100))}
        if self.rng.random() < 0.1:
            wanted["force"] = True
        await self.pay(student, order, wanted)

    async def pay(self, student: Person, order: str, wanted: dict[str, Any]) -> None:
        body = {"razorpay_order_id": order, "webhook": False, **wanted}
        answer = await self.world.sandbox.http.post("/sandbox/razorpay/pay/", json=body)
        if answer.status_code == 200:
            paid = answer.json()
            self.proofs.append((student, paid))
            await self.told(paid["razorpay_payment_id"])

    async def verify(self) -> None:
        if self.proofs:
            student, paid = self.rng.choice(self.proofs[-20:])
            await self.world.house.workflows.checkout.verify(
                student.actor,
                order_id=paid["razorpay_order_id"],
                payment_id=paid["razorpay_payment_id"],
                signature=paid["razorpay_signature"] or "0" * 64,
            )

    async def ask_back(self) -> None:
        student = self.rng.choice(self.students)
        payments = (await self.payments(student)) or [0]
        amount = self.rng.choice((None, 100, self.rng.randrange(100, 20_000)))
        await self.world.house.workflows.refunding.ask(
            student.actor, self.rng.choice(payments), reason="Changed my mind", amount_paise=amount
        )

    async def decide(self) -> None:
        from core.paging import PageRequest

        admin, do = (await self.world.admin()).actor, self.world.house.workflows
        waiting = await do.payments.refunds(PageRequest(50), admin, status=RefundStatus.REQUESTED, payment_id=None)
        if not waiting.results:
            return
        refund = self.rng.choice(waiting.results).refund
        if self.rng.random() < 0.2:
            await do.refunding.reject(admin, refund.id, admin_notes="No.")
            return
        revoke = self.rng.choice((None, None, True, False))
        calls = (
            do.refunding.approve(admin, refund.id, revoke_access=revoke) for _ in range(self.rng.choice((1, 1, 3)))
        )
        await asyncio.gather(*calls, return_exceptions=True)

    async def enrol_by_hand(self) -> None:
        await self.world.enrol(self.rng.choice(self.students), self.rng.choice(self.courses))

    # --- what Razorpay and banks do ----------------------------------------------------------------------------------

    async def refund_elsewhere(self) -> None:
        if pay_id := self.some_payment():
            body = self.rng.choice(({}, {"amount": 100}, {"amount": 5_000}))
            await self.call("POST", f"v1/payments/{pay_id}/refund", json=body)
            await self.told_of_refunds(pay_id)

    async def fail_a_refund(self) -> None:
        if pay_id := self.some_payment():
            for refund in (await self.call("GET", f"v1/payments/{pay_id}/refunds")).get("items", ())[:1]:
                await self.call("POST", f"refunds/{refund['id']}/settle/", json={"status": "failed", "webhook": False})
            await self.told_of_refunds(pay_id)

    async def dispute(self) -> None:
        if pay_id := self.some_payment():
            body = {"status": self.rng.choice(("open", "under_review", "won", "closed")), "webhook": False}
            moved = await self.call("POST", f"payments/{pay_id}/dispute/", json=body)
            if "id" in moved:
                self.tell(f"payment.dispute.{body['status']}", dispute=moved)

    async def break_the_gateway(self) -> None:
        fault = self.rng.choice(FAULTS)
        await self.world.sandbox.faults(
            razorpay={"fail": fault, "times": self.rng.randrange(1, 4)},
            refunds={"status": self.rng.choice(("processed", "processed", "pending"))},
        )

    async def let_time_pass(self) -> None:
        self.world.clock.advance(minutes=self.rng.randrange(1, 6))

    # --- what we hear, and when --------------------------------------------------------------------------------------

    async def told(self, pay_id: str) -> None:
        """Razorpay's two events of each payment: sent now and delivered whenever, or lost."""
        entity = await self.call("GET", f"v1/payments/{pay_id}")
        if "status" in entity:
            self.tell(f"payment.{entity['status']}", payment=entity)
            if entity["status"] == "captured":
                self.tell("order.paid", payment=entity)

    async def told_of_refunds(self, pay_id: str) -> None:
        for refund in (await self.call("GET", f"v1/payments/{pay_id}/refunds")).get("items", ()):
            self.tell(f"refund.{refund['status']}", refund=refund)

    def tell(self, name: str, **entities: dict[str, Any]) -> None:
        payload = {kind: {"entity": entity} for kind, entity in entities.items()}
        body = {"entity": "event", "event": name, "contains": list(payload), "payload": payload, "created_at": 1}
        if self.rng.random() < 0.75:  # the rest is lost
            self.events += [json.dumps(body).encode()] * self.rng.choice((1, 1, 2))

    async def deliver(self) -> None:
        for _ in range(min(len(self.events), self.rng.randrange(1, 6))):
            body = self.events.pop(self.rng.randrange(len(self.events)))
            signed, signature = self.world.sandbox.signed(body)
            event_id = f"event-{self.rng.randrange(10**12)}"
            await self.world.house.workflows.webhooks.receive(signed, signature=signature, event_id=event_id)

    async def work(self) -> None:
        """A worker's round, or a part of it."""
        do = self.world.house.workflows
        await self.rng.choice(
            (self.world.settle, self.world.settle, do.reconciling.look_at_due, do.repaying.look_at_due)
        )()

    async def quieten(self) -> None:
        """The trouble ends, and what is left is worked on until nothing moves."""
        do = self.world.house.workflows
        await self.world.sandbox.faults(razorpay={}, refunds={"status": "processed"})
        for dispute in await self.disputes():
            if dispute["status"] in {"open", "under_review"}:  # while it lasts, refunds wait
                won = {"status": "won", "webhook": False}
                await self.call("POST", f"payments/{dispute['payment_id']}/dispute/", json=won)
        for pending in await self.pending_refunds():
            await self.call("POST", f"refunds/{pending}/settle/", json={"status": "processed", "webhook": False})
        for _ in range(6):
            self.world.clock.advance(hours=7)
            await self.world.settle()
            await do.reconciling.look_at_due()
            await do.reconciling.sweep_captures()
            await self.world.settle()
            await do.repaying.look_at_due()

    # --- looking -----------------------------------------------------------------------------------------------------

    async def call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Razorpay's own API, past its troubles, or the sandbox's strings."""
        auth = (self.world.house.settings.razorpay_key_id, self.world.sandbox.key_secret)
        faults = self.world.sandbox.sandbox.faults
        knobs = faults.document
        faults.replace(FaultDocument())
        answer = await self.world.sandbox.http.request(method, f"/sandbox/razorpay/{path}", auth=auth, **options)
        faults.replace(knobs)
        return answer.json()

    def some_payment(self) -> str | None:
        return self.rng.choice(self.proofs)[1]["razorpay_payment_id"] if self.proofs else None

    async def disputes(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while part := (await self.call("GET", "v1/disputes", params={"count": 100, "skip": len(found)}))["items"]:
            found += part
        return found

    async def payments(self, student: Person) -> list[int]:
        from sqlalchemy import text

        statement = text("SELECT id FROM payments WHERE user_id = :user AND completed_at IS NOT NULL ORDER BY id")
        return [row[0] for row in await self.world.house.database.rows(statement, {"user": student.id})]

    async def pending_refunds(self) -> list[str]:
        found = []
        for _, proof in self.proofs:
            listed = await self.call("GET", f"v1/payments/{proof['razorpay_payment_id']}/refunds")
            found += [refund["id"] for refund in listed.get("items", ()) if refund["status"] == "pending"]
        return found
