"""A small world to test in: the application, people, courses, and the sandbox to pay in."""

import hashlib
import hmac
import itertools
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from apps import app_over
from core.actor import Actor, Role
from entrypoints.compose import House, compose
from entrypoints.sandbox import Sandbox
from entrypoints.settings import Settings, load
from entrypoints.worker.loop import dispatcher
from modules.community.domain.groups import Visibility
from modules.learning.domain.catalogue import ContentType

PASSWORD = "learn-by-doing-1"
SECRET_KEY = "a-key-that-only-tests-know-0123456789"
PUBLIC = "http://testserver"
numbers = itertools.count(1)


class TestClock:
    """Real time, moved on demand, or stopped."""

    __test__ = False

    def __init__(self) -> None:
        self.ahead = timedelta()
        self.stopped_at: datetime | None = None

    def now(self) -> datetime:
        return self.stopped_at or datetime.now(UTC) + self.ahead

    def go_to(self, hour: int) -> None:
        """The next time that it is so late, by UTC."""
        now = self.now()
        then = now.replace(hour=hour, minute=0, second=0)
        self.advance(seconds=((then - now) % timedelta(days=1)).total_seconds())

    def advance(self, **by: float) -> None:
        self.ahead += timedelta(**by)
        if self.stopped_at is not None:
            self.stopped_at += timedelta(**by)

    def stop_at(self, moment: datetime) -> None:
        self.stopped_at = moment


@dataclass
class SandboxClient:
    """What a person does at the checkout, and what the mailbox holds."""

    sandbox: Sandbox
    base: str
    http: httpx.AsyncClient
    key_secret: str
    webhook_secret: str

    async def reset(self) -> None:
        (await self.http.post("/sandbox/reset/")).raise_for_status()

    async def pay(self, order_id: str, **wanted: Any) -> dict[str, Any]:
        body = {"razorpay_order_id": order_id, "webhook": False, **wanted}
        answer = await self.http.post("/sandbox/razorpay/pay/", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def faults(self, **knobs: Any) -> None:
        answer = await self.http.put("/sandbox/faults/", json=knobs)
        assert answer.status_code == 200, answer.text

    async def mails(self, to: str) -> list[dict[str, Any]]:
        return (await self.http.get("/sandbox/mail/", params={"to": to})).json()["results"]

    async def pushes(self, user_id: int) -> list[dict[str, Any]]:
        return (await self.http.get("/sandbox/push/", params={"user": user_id})).json()["results"]

    async def totals(self) -> dict[str, Any]:
        return (await self.http.get("/sandbox/razorpay/totals/")).json()

    def signed(self, payload: dict[str, Any] | bytes, secret: str | None = None) -> tuple[bytes, str]:
        body = payload if isinstance(payload, bytes) else json.dumps(payload, separators=(",", ":")).encode()
        return body, hmac.new((secret or self.webhook_secret).encode(), body, hashlib.sha256).hexdigest()


@dataclass
class Person:
    """Somebody with an account, calling over HTTP."""

    world: "World"
    id: int
    email: str
    username: str
    token: str
    refresh_token: str
    role: Role

    async def log_in(self) -> None:
        """Again, when time has passed."""
        tokens = await self.world.house.workflows.logins.login(self.email, PASSWORD, device="test")
        self.token, self.refresh_token = tokens.access_token, tokens.refresh_token

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return await self.world.http.request(method, path, headers=headers, **options)

    async def follow(self, address: str) -> httpx.Response:
        """The page at an address that an answer gave."""
        return await self.get(address.removeprefix(PUBLIC))

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.call("GET", path, **options)

    async def post(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return await self.call("POST", path, json=json, **options)

    async def patch(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return await self.call("PATCH", path, json=json, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.call("DELETE", path, **options)

    @property
    def actor(self) -> Actor:
        return Actor(user_id=self.id, role=self.role, session_id=0)


@dataclass
class MadeCourse:
    id: int
    module_id: int
    content_ids: list[int] = field(default_factory=list)


@dataclass
class World:
    house: House
    http: httpx.AsyncClient
    clock: TestClock
    sandbox: SandboxClient
    _admin: Person | None = None

    async def close(self) -> None:
        await self.http.aclose()
        await self.house.close()

    async def settle(self) -> int:
        """Run everything that is due in the outbox."""
        return await dispatcher(self.house).drain()

    async def person(self, role: Role = Role.STUDENT, **given: Any) -> Person:
        """Register and log in; roles are given by the system."""
        number = next(numbers)
        name = given.get("username", f"person{number}")
        email = given.get("email", f"person{number}@example.com")
        user = await self.house.workflows.registration.register(
            username=name, email=email, password=PASSWORD, full_name=given.get("full_name", "Ravi K"), role=role
        )
        tokens = await self.house.workflows.logins.login(email, PASSWORD, device="test")
        return Person(self, user.id, email, name, tokens.access_token, tokens.refresh_token, role)

    async def admin(self) -> Person:
        if self._admin is None:
            self._admin = await self.person(Role.ADMIN)
        return self._admin

    async def course(
        self,
        *,
        price_paise: int = 49_900,
        texts: int = 3,
        publish: bool = True,
        instructor: Person | None = None,
        **values: Any,
    ) -> MadeCourse:
        """A course with one module of published texts, the first of them a preview."""
        do, admin = self.house.workflows, (await self.admin()).actor
        category = f"c{next(numbers)}"
        await do.authoring.add_category(slug=category, title=category)
        defaults = {"title": "Spoken English", "description": "Speak from the first day.", "level": "beginner"}
        fixed = {
            "language": "en",
            "access_days": None,
            "is_sequential": False,
            "has_certificate": True,
            "certificate_min_score": None,
            "certificate_min_attendance": None,
            "is_trending": False,
            "price_paise": price_paise,
        }
        course = await do.authoring.create(admin, category=category, slug=None, **{**defaults, **fixed, **values})
        if instructor is not None:
            await do.authoring.add_instructor(admin, course.id, instructor.id)
        module = await do.outlining.add_module(admin, course.id, title="Greetings", description="")
        made = MadeCourse(course.id, module.id)
        for number in range(texts):
            made.content_ids.append(await self.text(made, title=f"Text {number + 1}", is_preview=number == 0))
        if publish:
            await do.authoring.publish(admin, course.id)
        return made

    async def text(self, course: MadeCourse, *, publish: bool = True, **values: Any) -> int:
        return await self.content(course, ContentType.TEXT, publish=publish, text_content="# Hello", **values)

    async def content(self, course: MadeCourse, kind: ContentType, *, publish: bool = True, **values: Any) -> int:
        do, admin = self.house.workflows, (await self.admin()).actor
        defaults = {
            "title": "Lesson",
            "video_url": None,
            "video_duration": None,
            "text_content": "",
            "is_preview": False,
            "available_after_days": 0,
        }
        content = await do.outlining.add_content(admin, course.module_id, content_type=kind, **{**defaults, **values})
        if publish:
            await do.outlining.set_published(admin, content.id, is_published=True)
        return content.id

    async def enrol(self, person: Person, course: MadeCourse, expiry_date: datetime | None = None) -> int:
        granted = await self.house.workflows.enrolling.grant(
            (await self.admin()).actor, course.id, person.id, expiry_date=expiry_date
        )
        return granted.id

    async def group(self, course: MadeCourse, **values: Any) -> int:
        """A course's community; its id."""
        settings = {
            "title": "The class",
            "description": "",
            "visibility": Visibility.PUBLIC,
            "require_post_approval": False,
            "slow_mode_seconds": 0,
            **values,
        }
        admin = (await self.admin()).actor
        return (await self.house.workflows.founding.found(admin, course_id=course.id, **settings)).id

    async def classmate(self, course: MadeCourse, community_id: int) -> Person:
        """Somebody who is enrolled and has joined."""
        person = await self.person()
        await self.enrol(person, course)
        await self.house.workflows.joining.join(person.actor, community_id)
        return person

    async def confirm(self, *people: Person) -> None:
        """Their addresses are theirs."""
        from sqlalchemy import text

        async with self.house.database.transaction() as transaction:
            for person in people:
                statement = text("UPDATE users SET email_verified_at = created_at WHERE id = :id")
                await transaction.execute(statement, {"id": person.id})

    async def order(self, person: Person, course: MadeCourse) -> dict[str, Any]:
        answer = await person.post("/api/payments/create_order/", {"course_id": course.id})
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    async def webhook(
        self, payload: dict[str, Any] | bytes, *, event_id: str | None = None, secret: str | None = None
    ) -> httpx.Response:
        body, signature = self.sandbox.signed(payload, secret)
        headers = {"X-Razorpay-Signature": signature, "Content-Type": "application/json"}
        if event_id:
            headers["x-razorpay-event-id"] = event_id
        return await self.http.post("/api/payments/webhook/razorpay/", content=body, headers=headers)

    async def count(self, table: str, where: str = "1=1") -> int:
        from sqlalchemy import text

        row = await self.house.database.row(text(f"SELECT count(*) FROM {table} WHERE {where}"))
        assert row is not None
        return int(row[0])


def settings_for(database_url: str, sandbox: SandboxClient, directory: Path, **overrides: str) -> Settings:
    account, firebase = directory / "service-account.json", dict[str, str]()
    if sandbox.sandbox.config.service_account is not None:
        served = {**sandbox.sandbox.config.service_account, "token_uri": f"{sandbox.base}/sandbox/fcm/token"}
        directory.mkdir(parents=True, exist_ok=True)
        account.write_text(json.dumps(served))
        firebase = {"SHALA_FCM_CREDENTIALS": str(account), "SHALA_FCM_BASE_URL": f"{sandbox.base}/sandbox/fcm"}
    return load(
        {
            **firebase,
            "SHALA_DATABASE_URL": database_url,
            "SHALA_DATA_DIR": str(directory / "data"),
            "SHALA_SECRET_KEY": SECRET_KEY,
            "SHALA_PUBLIC_BASE_URL": PUBLIC,
            "SHALA_RAZORPAY_KEY_SECRET": sandbox.key_secret,
            "SHALA_RAZORPAY_WEBHOOK_SECRET": sandbox.webhook_secret,
            "SHALA_RAZORPAY_BASE_URL": f"{sandbox.base}/sandbox/razorpay",
            "SHALA_SMTP_HOST": "127.0.0.1",
            "SHALA_SMTP_PORT": str(sandbox.sandbox.smtp_port),
            "SHALA_SMTP_TLS": "off",
            "SHALA_PASSWORD_MEMORY_KIB": "64",
            "SHALA_LIMIT_USER": "1000000",
            "SHALA_LIMIT_ADDRESS": "1000000",
            "SHALA_LIMIT_REGISTER": "1000000",
            "SHALA_LIMIT_CHAT": "1000000",
            "SHALA_LIMIT_LOGIN_ADDRESS": "1000000",
            **overrides,
        }
    )


def build_world(database_url: str, sandbox: SandboxClient, directory: Path, **overrides: str) -> World:
    clock = TestClock()
    house = compose(settings_for(database_url, sandbox, directory, **overrides), clock=clock)
    app: Any = app_over(house)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return World(house, httpx.AsyncClient(transport=transport, base_url="http://testserver"), clock, sandbox)


def payment_event(known: dict[str, Any], name: str = "payment.captured", **entity: Any) -> dict[str, Any]:
    """A webhook body as Razorpay sends it, with the personal data that it carries."""
    order_id = entity.pop("order_id", known.get("razorpay_order_id"))
    payment = {
        "id": known["razorpay_payment_id"],
        "entity": "payment",
        "amount": 49_900,
        "currency": "INR",
        "status": name.rpartition(".")[2] if name.startswith("payment.") else "captured",
        "order_id": order_id,
        "method": "upi",
        "vpa": "canary.vpa@okbank",
        "email": "canary.mail@example.com",
        "contact": "+919999900000",
        "notes": [],
        **entity,
    }
    payload: dict[str, Any] = {"payment": {"entity": payment}}
    if name == "order.paid":
        payload["order"] = {"entity": {"id": order_id, "entity": "order", "status": "paid"}}
    return {"entity": "event", "event": name, "contains": list(payload), "payload": payload, "created_at": 1760000000}
