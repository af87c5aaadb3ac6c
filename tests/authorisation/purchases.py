"""What the matrix's cast has bought, asks back, and is asked about: the targets of the routes about money."""

from itertools import count
from typing import Any

from core.actor import Role
from entrypoints.workflows import Workflows
from modules.commerce.domain.coupons import Kind
from modules.commerce.domain.gateway import GatewayStatus, Known
from worlds import MadeCourse, Person, World, payment_event

OWN, FOREIGN, MISSING = "own", "foreign", "missing"
NOBODYS_ID = 987_654_321
Target = dict[str, Any]
numbers = count(1)


class Purchases:
    world: World
    do: Workflows
    cast: dict[str, Person]
    course: MadeCourse

    async def paid_order(self, person: Person) -> tuple[dict[str, Any], dict[str, str]]:
        """An order of a course of its own, and the checkout's proof that it was paid; we have not heard of that."""
        order = await self.world.order(person, await self.world.course(texts=1))
        paid = await self.world.sandbox.pay(order["razorpay_order_id"])
        names = ("razorpay_order_id", "razorpay_payment_id", "razorpay_signature")
        return order, {name: paid[name] for name in names}

    async def _sold_course(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        if whose == OWN:
            return {"course_id": self.course.id}
        return {"course_id": NOBODYS_ID if whose == MISSING else (await self.world.course(publish=False)).id}

    async def _proof(self, _actor: str, caller: Person | None, whose: str) -> Target:
        """Of a payment; one that is foreign is genuine, but somebody else's."""
        if whose == MISSING:
            ids = {"razorpay_order_id": "order_AAAAAAAAAAAAAA", "razorpay_payment_id": "pay_AAAAAAAAAAAAAA"}
            return {**ids, "razorpay_signature": "0" * 64}
        is_able = caller is not None and caller is not self.cast["banned"] and whose == OWN
        return (await self.paid_order(caller if is_able and caller else await self.world.person()))[1]

    async def _event(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        """A webhook, signed with our secret or with another."""
        event = payment_event({"razorpay_payment_id": "pay_AAAAAAAAAAAAAA", "razorpay_order_id": "order_none"})
        body, signature = self.world.sandbox.signed(event, None if whose == OWN else "somebody-elses-secret")
        return {"raw": body, "signature": signature}

    async def _bought(self, actor: str, caller: Person | None, whose: str) -> Target:
        """A payment that can be given back: the caller's, or somebody else's."""
        if whose == MISSING:
            return {"payment_id": NOBODYS_ID}
        is_own = caller is not None and whose == OWN and actor != "banned"
        person = caller if is_own and caller else await self.world.person()
        order, proof = await self.paid_order(person)
        await person.post("/api/payments/verify_payment/", proof)
        return {"payment_id": order["payment_id"]}

    async def _given_back(self, actor: str, caller: Person | None, whose: str) -> Target:
        """A refund that came through, with its credit note: the caller's, or somebody else's."""
        if whose == MISSING:
            return {"refund_id": NOBODYS_ID}
        is_own = caller is not None and whose == OWN and actor != "banned"
        person = caller if is_own and caller else await self.world.person()
        bought = await self._bought("student", person, OWN)
        asked = await self.do.refunding.ask(person.actor, bought["payment_id"], reason="Please")
        await self.do.refunding.approve((await self.world.admin()).actor, asked.id)
        await self.do.repaying.send(asked.id)
        return {"refund_id": asked.id}

    async def _coupon(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        if whose == MISSING:
            return {"coupon_id": NOBODYS_ID, "code": "NOBODYS", "course_id": self.course.id}
        if not hasattr(self, "_coupon_ids"):
            names = ("amount_paise", "most_paise", "starts_at", "ends_at", "max_uses", "max_uses_per_user")
            limits: dict[str, Any] = dict.fromkeys(names)
            admin = (await self.world.admin()).actor
            made = await self.do.couponing.create(
                admin, code="MATRIX", kind=Kind.PERCENTAGE, percent_bp=1000, course_ids=(), **limits
            )
            self._coupon_ids = {"coupon_id": made.id, "code": made.code}
        return {**self._coupon_ids, "course_id": self.course.id}

    async def _bundle(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        """Of two courses: one that is published, or (foreign) one that is not yet."""
        if whose == MISSING:
            return {"bundle_id": NOBODYS_ID}
        admin, courses = (await self.world.admin()).actor, [self.course.id, (await self.world.course(texts=1)).id]
        made = await self.do.offering.add_bundle(
            admin, title="Both", description="", price_paise=100, course_ids=courses
        )
        if whose == OWN:
            await self.do.offering.change_bundle(admin, made.id, {"is_published": True})
        return {"bundle_id": made.id, "course_ids": courses}

    async def _plan(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        if whose == MISSING:
            return {"plan_id": NOBODYS_ID, "course_id": NOBODYS_ID}
        admin = (await self.world.admin()).actor
        made = await self.do.offering.add_plan(
            admin, self.course.id, title="In two", amounts=(100, 100), interval_days=30
        )
        return {"plan_id": made.id, "course_id": self.course.id}

    async def _shared(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        teacher = self.cast["own instructor"]
        return {"course_id": self.course.id if whose == OWN else NOBODYS_ID, "user_id": teacher.id}

    async def _owed(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        """Somebody who has earned something."""
        if whose == MISSING:
            return {"user_id": NOBODYS_ID}
        if not hasattr(self, "_teacher_id"):
            teacher, admin = await self.world.person(Role.INSTRUCTOR), (await self.world.admin()).actor
            course = await self.world.course(instructor=teacher)
            await self.do.sharing.set_share(admin, course.id, teacher.id, 5000)
            student = await self.world.person()
            paid = await self.world.sandbox.pay((await self.world.order(student, course))["razorpay_order_id"])
            await student.post("/api/payments/verify_payment/", paid)
            self._teacher_id = teacher.id
        return {"user_id": self._teacher_id}

    async def _asked_refund(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        if whose == MISSING:
            return {"refund_id": NOBODYS_ID}
        person = await self.world.person()
        bought = await self._bought("student", person, OWN)
        asked = await self.do.refunding.ask(person.actor, bought["payment_id"], reason="Please")
        return {"refund_id": asked.id}

    async def _held_money(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        if whose == MISSING:
            return {"review_id": NOBODYS_ID}
        pay_id = f"pay_{next(numbers):014d}"
        known = Known(pay_id, None, GatewayStatus.CAPTURED, 10_000, "INR", is_captured=True)
        async with self.do.refunding.begin() as store:
            await self.do.reconciling.settlement.hold_stray(store, known)
            held = await store.capture_of(pay_id)
        assert held is not None
        return {"review_id": held.id}
