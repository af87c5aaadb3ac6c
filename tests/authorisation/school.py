"""The school that the matrix is made in: its cast, and a target for every kind of id that a route can name."""

import json
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
from PIL import Image

from adapters.sql import migrating
from authorisation.lessons import Lessons, Talks
from authorisation.purchases import FOREIGN, MISSING, NOBODYS_ID, OWN, Purchases, Target
from authorisation.statements import watch
from conftest import SECRETS, serving
from core.actor import Actor, Role
from core.paging import PageRequest
from entrypoints.http.media_uploads import ReceivesFiles
from entrypoints.sandbox import Sandbox, SandboxConfig
from modules.community.domain.chat import Draft as MessageDraft
from modules.community.domain.groups import Visibility
from modules.community.domain.posts import FlagReason
from modules.identity.domain import CodePurpose
from modules.learning.domain.catalogue import ContentType
from modules.learning.domain.progress import Report
from modules.learning.domain.quizzes import Draft, Option, QuestionType, ShowAnswers
from modules.learning.domain.reviews import AlreadyReviewed
from modules.notifications.domain.kinds import NotificationType
from modules.notifications.domain.notices import Audience, NewNotice
from modules.notifications.domain.pushes import Platform
from worlds import MadeCourse, Person, SandboxClient, World, build_world

ANONYMOUS = "anonymous"
ROLES = {
    "student": Role.STUDENT,
    "enrolled": Role.STUDENT,
    "expired": Role.STUDENT,
    "other instructor": Role.INSTRUCTOR,
    "own instructor": Role.INSTRUCTOR,
    "admin": Role.ADMIN,
    "banned": Role.STUDENT,
}
ACTORS = (ANONYMOUS, *ROLES)
METRICS_TOKEN = "a-token-that-only-the-matrix-knows"
GROUP: dict[str, Any] = {
    "title": "The class",
    "description": "",
    "visibility": Visibility.PUBLIC,
    "require_post_approval": False,
    "slow_mode_seconds": 0,
}
QUIZ: dict[str, Any] = {
    "passing_score": 50.0,
    "time_limit": None,
    "max_attempts": None,
    "shuffle_questions": False,
    "shuffle_options": False,
    "show_answers": ShowAnswers.ONCE_OVER,
    "pools": {},
}
QUESTION = Draft("Are you?", QuestionType.TRUE_FALSE, (Option(0, "Yes", True), Option(0, "No", False)))
# made for one successful call, whoever makes it
SPENT = (
    *("new_course", "draft_course", "new_student", "new_quiz", "new_quiz_content", "new_certificate"),
    *("asked_refund", "held_money"),
)


def picture() -> bytes:
    data = BytesIO()
    Image.new("RGB", (4, 4), "teal").save(data, "PNG")
    return data.getvalue()


def archive() -> bytes:
    """A course without contents."""
    rules = {"access_days": None, "is_sequential": False, "has_certificate": True, "certificate_min_score": None}
    rules["certificate_min_attendance"] = None
    about = {"title": "Brought", "description": "", "level": "beginner", "language": "en", "is_trending": False}
    course = {"format": 1, "price_paise": 0, "category": None, "modules": [], **about, **rules}
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        file.writestr("course.json", json.dumps(course))
    return data.getvalue()


class School(Purchases, Lessons, Talks):
    """`course` is taught by the own instructor and studied by the enrolled, the expired and the banned student;
    nobody of the cast has anything to do with `foreign`.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.do = world.house.workflows
        self.cast: dict[str, Person] = {}
        self.theirs: dict[str, dict[str, int]] = {}
        self.unspent: dict[tuple[str, str], Target] = {}
        self.made: dict[int, MadeCourse] = {}
        self.films: dict[str, int] = {}

    async def found(self) -> None:
        world = self.world
        self.elsewhere = await world.person(Role.INSTRUCTOR)
        self.substitute = await world.person(Role.INSTRUCTOR)
        self.stranger = await world.person()
        self.course = await self.new_course(title="The course")
        self.foreign = await self.new_course(title="The foreign course", instructor=self.elsewhere)
        for published in (self.course, self.foreign):
            await self.do.outlining.set_published(
                (await world.admin()).actor, published.content_ids[-1], is_published=True
            )
        self.pupil = await world.person(username="pupil")
        for studied in (self.course, self.foreign):
            await world.enrol(self.pupil, studied)
        self.side = await self.new_course(title="The side course", instructor=self.elsewhere)
        for name in ROLES:
            self.cast[name] = await self.engage(name)
            self.theirs[name] = await self.belongings(name, self.cast[name])
        self.theirs["stranger"] = await self.belongings("stranger", self.stranger)
        await self.ban(self.cast["banned"])
        admin = (await world.admin()).actor
        self.groups = {
            whose: (await self.do.founding.found(admin, course_id=course.id, **GROUP)).id
            for whose, course in ((OWN, self.course), (FOREIGN, self.foreign))
        }
        for community_id in self.groups.values():
            await self.do.joining.join(self.pupil.actor, community_id)
            # lists of nothing would take fewer statements
            await self.do.chatting.send(self.pupil.actor, MessageDraft(community_id, "Hello"))
            await self.do.posting.write(self.pupil.actor, community_id, title="Hello", content="All of you.")

    async def new_course(self, *, instructor: Person | None = None, **values: Any) -> MadeCourse:
        made = await self.world.course(instructor=instructor or self.cast.get("own instructor"), **values)
        values = {"publish": False, "title": "Draft"}
        made.content_ids.append(await self.world.text(made, **values))
        made.content_ids.append(await self.world.content(made, ContentType.DOCUMENT, **values))
        made.content_ids.append(await self.world.content(made, ContentType.QUIZ, **values))
        admin = (await self.world.admin()).actor
        quiz = await self.do.quizzing.create(admin, made.content_ids[-1], **QUIZ)
        await self.do.quizzing.add_questions(admin, quiz.id, [QUESTION])
        return made

    async def engage(self, name: str) -> Person:
        """A new person of this kind, not yet banned."""
        person = await self.world.person(ROLES[name])
        if name == "own instructor":
            admin = (await self.world.admin()).actor
            await self.do.authoring.add_instructor(admin, self.course.id, person.id)
        return person

    async def enrolled(self, name: str, person: Person, course: MadeCourse) -> int | None:
        """Stand to a course as this kind of person does; the enrolment's id."""
        ends = datetime.now(UTC) - timedelta(days=1) if name == "expired" else None
        if name in {"enrolled", "expired", "banned"}:
            return await self.world.enrol(person, course, ends)
        return None

    async def belongings(self, name: str, person: Person) -> dict[str, int]:
        enrolment = await self.enrolled(name, person, self.course) or await self.world.enrol(person, self.side)
        order, proof = await self.paid_order(person)
        answer = await person.post("/api/payments/verify_payment/", proof)
        assert answer.status_code == 200, answer.text
        text = f"email\n{person.email}\n"
        started = await self.do.importing.start(person.actor, self.side.id, text)
        return {"enrollment_id": enrolment, "payment_id": order["payment_id"], "import_id": started}

    async def ban(self, person: Person) -> None:
        """Their token and their sessions stay what they were."""
        await self.do.administration.change((await self.world.admin()).actor, person.id, is_active=False)

    async def caller(self, actor: str, *, anew: str) -> Person | None:
        """Who calls. `anew` login: on another device, since the call ends it; account: as somebody new."""
        if actor == ANONYMOUS:
            return None
        if anew == "account":
            person = await self.engage(actor)
            if actor == "banned":
                await self.ban(person)
            return person
        person = self.cast[actor]
        if anew == "login" and actor != "banned":
            return await self.on_another_device(person)
        return person

    async def on_another_device(self, person: Person) -> Person:
        tokens = await self.do.logins.login(person.email, "learn-by-doing-1", device="second")
        ids = (person.id, person.email, person.username)
        return Person(self.world, *ids, tokens.access_token, tokens.refresh_token, person.role)

    async def code(self, person: Person, purpose: CodePurpose) -> str:
        """What the mail shows."""
        codes = self.do.passwords.codes
        async with self.do.passwords.begin() as store:
            found = await store.open_code(person.id, purpose)
            assert found is not None
            return codes.read(found)

    # --- targets: what a call names, by kind -------------------------------------------------------------------------

    async def target(self, kind: str, actor: str, caller: Person | None, whose: str) -> Target:
        if not kind:
            return {}
        make: Callable[[str, Person | None, str], Awaitable[Target]] = getattr(self, f"_{kind}")
        if kind not in SPENT:
            return await make(actor, caller, whose)
        if (kind, whose) not in self.unspent:
            self.unspent[kind, whose] = await make(actor, caller, whose)
        return self.unspent[kind, whose]

    def spend(self, kind: str, whose: str) -> None:
        """A call with this target succeeded: the next one gets another."""
        self.unspent.pop((kind, whose), None)

    async def _course(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        if whose == MISSING:
            ids = (
                "course_id",
                "module_id",
                "empty_id",
                "content_id",
                "preview_id",
                "draft_id",
                "document_id",
                "quiz_content_id",
                "quiz_id",
                "question_id",
                "user_id",
            )
            return {**dict.fromkeys(ids, NOBODYS_ID), "content_ids": [NOBODYS_ID]}
        return self._ids(self.course if whose == OWN else self.foreign)

    def _ids(self, course: MadeCourse) -> Target:
        preview, lesson, _, draft, document, quiz = course.content_ids
        ids = {"course_id": course.id, "module_id": course.module_id, "content_id": lesson}
        return {
            **ids,
            "preview_id": preview,
            "draft_id": draft,
            "document_id": document,
            "quiz_content_id": quiz,
            "content_ids": course.content_ids,
        }

    async def _new_course(self, actor: str, caller: Person | None, whose: str) -> Target:
        """A course for this call alone, with an empty module."""
        if whose == MISSING:
            return await self._course(actor, caller, whose)
        teacher = self.cast["own instructor"] if whose == OWN else self.elsewhere
        made = await self.new_course(instructor=teacher)
        admin = (await self.world.admin()).actor
        empty = await self.do.outlining.add_module(admin, made.id, title="Empty", description="")
        await self.do.authoring.add_instructor(admin, made.id, self.substitute.id)
        self.made[made.id] = made
        return {**self._ids(made), "empty_id": empty.id, "user_id": self.substitute.id}

    async def _draft_course(self, actor: str, caller: Person | None, whose: str) -> Target:
        target = await self._new_course(actor, caller, whose)
        if whose != MISSING:
            await self.do.authoring.unpublish((await self.world.admin()).actor, target["course_id"])
        return target

    async def _quiz(self, actor: str, caller: Person | None, whose: str) -> Target:
        """A quiz that can be taken, and somebody who studies its course."""
        if whose == MISSING:
            return await self._course(actor, caller, whose)
        return await self._quiz_of(self.course if whose == OWN else self.foreign)

    async def _quiz_of(self, course: MadeCourse) -> Target:
        admin = (await self.world.admin()).actor
        (listed,) = await self.do.quizzes.of_course(course.id, admin) or []
        written = await self.do.quizzes.written(listed.quiz.id, admin)
        assert written is not None
        ids = {"quiz_id": listed.quiz.id, "question_id": written.questions[0].id, "user_id": self.pupil.id}
        return {**self._ids(course), **ids}

    async def _new_quiz(self, actor: str, caller: Person | None, whose: str) -> Target:
        """A quiz of a course for this call alone, which is not published."""
        target = await self._new_course(actor, caller, whose)
        if whose == MISSING:
            return target
        return {**target, **await self._quiz_of(self.made[target["course_id"]])}

    async def _new_quiz_content(self, actor: str, caller: Person | None, whose: str) -> Target:
        """A content that has no quiz yet."""
        target = await self._new_quiz(actor, caller, whose)
        if whose != MISSING:
            await self.do.quizzing.remove((await self.world.admin()).actor, target["quiz_id"])
        return target

    async def _attempt(self, actor: str, caller: Person | None, whose: str) -> Target:
        """An attempt that is open: the caller's, where they can have one, else a pupil's."""
        target = await self._quiz(actor, caller, whose)
        if whose == MISSING:
            return {**target, "attempt_id": NOBODYS_ID}
        taker = caller if actor == "enrolled" and whose == OWN and caller is not None else self.pupil
        started = await self.do.attempting.start(taker.actor, target["quiz_id"])
        return {**target, "attempt_id": started.attempt_id}

    async def _upload(self, actor: str, caller: Person | None, whose: str) -> Target:
        """An upload to a document, which has arrived."""
        if whose == MISSING:
            return {"upload_id": NOBODYS_ID}
        document = (await self._course(actor, caller, whose))["document_id"]
        return {"upload_id": (await self._sent(document))[0]}

    async def _slot(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        """An address that takes a file, or one that is forged."""
        _, token = await self._sent(self._ids(self.course)["document_id"])
        return {"token": token if whose == OWN else f"{token[:-4]}AAAA", "raw": b"words"}

    async def _sent(self, document_id: int) -> tuple[int, str]:
        admin, library = (await self.world.admin()).actor, self.world.house.library
        upload, link = await self.do.uploading.start(
            admin, document_id, file_name="a.txt", mime_type="text/plain", size_bytes=5
        )
        token = link.url.rstrip("/").rpartition("/")[2]

        async def words() -> AsyncIterator[bytes]:
            yield b"words"

        assert isinstance(library, ReceivesFiles)
        await library.receive(token, words())
        return upload.id, token

    async def _film(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        """A video, and a language."""
        if whose == MISSING:
            return {"content_id": NOBODYS_ID, "language": "en"}
        if whose not in self.films:
            teacher = self.cast["own instructor"] if whose == OWN else self.elsewhere
            course = await self.world.course(texts=1, instructor=teacher)
            self.films[whose] = await self.world.content(course, ContentType.VIDEO, publish=False)
        return {"content_id": self.films[whose], "language": "en"}

    async def _certificate(self, actor: str, caller: Person | None, whose: str) -> Target:
        """Somebody's, in a course of its own."""
        if not hasattr(self, "_number"):
            self._number = (await self._new_certificate(actor, caller, OWN))["number"]
        return {"number": self._number if whose == OWN else "0000-0000-0000"}

    async def _new_certificate(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        """Of a course that the own instructor teaches, or another."""
        if whose == MISSING:
            return {"number": "0000-0000-0000"}
        teacher = self.cast["own instructor"] if whose == OWN else self.elsewhere
        course, student = await self.world.course(texts=1, instructor=teacher), await self.world.person()
        await self.world.enrol(student, course)
        await self.do.studying.report(student.actor, course.content_ids[0], Report(0, 1, is_completed=True))
        page = await self.do.certificates.of_user(PageRequest(1), student.id)
        return {"number": page.results[0].number}

    async def _review(self, actor: str, caller: Person | None, whose: str) -> Target:
        """A review of a course: the caller's, where they can have one, else a pupil's."""
        if whose == MISSING:
            return {"review_id": NOBODYS_ID}
        author = caller if actor == "enrolled" and whose == OWN and caller is not None else self.pupil
        course = self.course if whose == OWN else self.foreign
        with suppress(AlreadyReviewed):
            await self.do.reviewing.review(author.actor, course.id, rating=5, comment="Good")
        admin = (await self.world.admin()).actor
        listed = await self.do.reviews.reviews(PageRequest(100), course.id, admin, rating=None)
        assert listed is not None
        return {"review_id": next(c.review.id for c in listed.results if c.author.id == author.id)}

    async def _note(self, _actor: str, caller: Person | None, whose: str) -> Target:
        """A note on a preview: the caller's, or a stranger's."""
        if whose == MISSING:
            return {"note_id": NOBODYS_ID}
        author = caller if whose == OWN and caller is not None else self.stranger
        preview = self._ids(self.course)["preview_id"]
        return {"note_id": await self.do.noting.add(author.actor, preview, text="Ask why.", position=None)}

    async def _new_student(self, actor: str, caller: Person | None, whose: str) -> Target:
        """A course, and a student without any relation to it."""
        return {**await self._course(actor, caller, whose), "user_id": (await self.world.person()).id}

    async def _group(self, actor: str, caller: Person | None, whose: str) -> Target:
        """The community of a course; the enrolled student is in that of theirs."""
        if whose == MISSING:
            return {"community_id": NOBODYS_ID, "user_id": NOBODYS_ID}
        if actor == "enrolled" and whose == OWN and caller is not None:
            await self.do.joining.join(caller.actor, self.groups[OWN])
        return {"community_id": self.groups[whose], "user_id": self.pupil.id}

    async def _post(self, actor: str, caller: Person | None, whose: str) -> Target:
        """A post in a community; own is one that the caller wrote, where they can write."""
        target = {**await self._group(actor, caller, whose), "post_id": NOBODYS_ID}
        if whose != MISSING:
            can_write = actor in {"enrolled", "own instructor", "admin"} and whose == OWN and caller is not None
            author = caller if can_write and caller is not None else self.pupil
            written = await self.do.posting.write(
                author.actor, target["community_id"], title="A question", content="Which one?"
            )
            target["post_id"] = written.id
        return target

    async def _message(self, actor: str, caller: Person | None, whose: str) -> Target:
        """A message in a community; own is one that the caller sent, where they can."""
        target = {**await self._group(actor, caller, whose), "message_id": NOBODYS_ID}
        if whose != MISSING:
            can_write = actor in {"enrolled", "own instructor", "admin"} and whose == OWN and caller is not None
            sender = caller if can_write and caller is not None else self.pupil
            sent, _ = await self.do.chatting.send(sender.actor, MessageDraft(target["community_id"], "Hello"))
            target["message_id"] = sent.id
        return target

    async def _reported_post(self, actor: str, caller: Person | None, whose: str) -> Target:
        """A post of somebody else, which a member has reported."""
        target = {**await self._group(actor, caller, whose), "post_id": NOBODYS_ID}
        if whose != MISSING:
            poster = (await self._group_member(actor, None, whose))["user_id"]
            author = Actor(user_id=poster, role=Role.STUDENT, session_id=0)
            written = await self.do.posting.write(author, target["community_id"], title="Buy", content="Cheap!")
            await self.do.posting.flag(self.pupil.actor, written.id, FlagReason.SPAM, "")
            target["post_id"] = written.id
        return target

    async def _group_member(self, actor: str, caller: Person | None, whose: str) -> Target:
        """A community, and somebody who has just joined it."""
        target = await self._group(actor, caller, whose)
        if whose == MISSING:
            return target
        person = await self.world.person()
        await self.world.enrol(person, self.course if whose == OWN else self.foreign)
        await self.do.joining.join(person.actor, target["community_id"])
        return {**target, "user_id": person.id}

    async def _free_course(self, actor: str, caller: Person | None, whose: str) -> Target:
        """Foreign is a course that is not published."""
        if whose == MISSING:
            return {"course_id": NOBODYS_ID}
        made = await self.world.course(price_paise=0, texts=1, publish=whose == OWN)
        if caller is not None and whose == OWN and actor != "banned":
            await self.enrolled(actor, caller, made)
        return {"course_id": made.id}

    async def _student_of_course(self, actor: str, caller: Person | None, whose: str) -> Target:
        """A course, and somebody who studies it and is none of the cast."""
        return {**await self._course(actor, caller, whose), "user_id": self.pupil.id}

    async def _belonging(self, actor: str, _caller: Person | None, whose: str) -> Target:
        """An enrolment, a payment, an import: the caller's, or a stranger's."""
        if whose == MISSING:
            return dict.fromkeys(("enrollment_id", "payment_id", "import_id"), NOBODYS_ID)
        return self.theirs[actor if whose == OWN and actor != ANONYMOUS else "stranger"]

    async def _login(self, actor: str, caller: Person | None, whose: str) -> Target:
        """One of the caller's other devices, or a stranger's."""
        if whose == MISSING:
            return {"session_id": NOBODYS_ID}
        person = caller if whose == OWN and caller and actor != "banned" else self.stranger
        await self.on_another_device(person)
        return {"session_id": (await self.do.people.devices(person.id))[0].id}

    async def _notification(self, actor: str, caller: Person | None, whose: str) -> Target:
        """The caller's, or a stranger's."""
        if whose == MISSING:
            return {"notification_id": NOBODYS_ID}
        person = caller if whose == OWN and caller and actor != "banned" else self.stranger
        cause = f"matrix-{self.world.clock.now().timestamp()}"
        notice = NewNotice(
            cause=cause,
            notification_type=NotificationType.ENROLMENT_EXPIRING,
            audience=Audience.USER,
            recipient_id=person.id,
            course_id=self.course.id,
            words={"date": "tomorrow"},
        )
        await self.do.telling.tell(notice)
        actor_ = Actor(user_id=person.id, role=person.role, session_id=0)
        page = await self.do.notifications.notifications(PageRequest(1), actor_, is_read=None, notification_type=None)
        return {"notification_id": page.results[0].id}

    async def _device(self, actor: str, caller: Person | None, whose: str) -> Target:
        if whose == MISSING:
            return {"device_id": NOBODYS_ID}
        person = caller if whose == OWN and caller and actor != "banned" else self.stranger
        session = (await self.do.people.devices(person.id))[0].id
        token = f"matrix-{self.world.clock.now().timestamp()}"
        owner = Actor(user_id=person.id, role=person.role, session_id=session)
        device, _ = await self.do.preferring.register_device(owner, token, Platform.ANDROID)
        return {"device_id": device.id}

    async def _mailed_link(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        """As it stands in a mail, or guessed."""
        token = self.do.preferring.unsubscribe_token(self.pupil.id)
        return {"token": token if whose == OWN else f"{token[:-4]}AAAA"}

    async def _opened(self, _actor: str, _caller: Person | None, _whose: str) -> Target:
        return {"kind": "course", "target_id": self.course.id}

    async def _user(self, _actor: str, caller: Person | None, whose: str) -> Target:
        if whose == MISSING:
            return {"user_id": NOBODYS_ID}
        person = caller if whose == OWN and caller else await self.world.person()
        return {"user_id": person.id}

    async def _account(self, actor: str, caller: Person | None, _whose: str) -> Target:
        """What proves an account to the login routes: the caller's own, or of somebody who is not logged in."""
        person = caller if caller and actor != "banned" else await self.world.person()
        await self.do.passwords.forgot(person.email)
        return {
            "email": person.email,
            "refresh_token": person.refresh_token,
            "verification": await self.code(person, CodePurpose.VERIFY_EMAIL),
            "reset": await self.code(person, CodePurpose.RESET_PASSWORD),
        }

    async def _file(self, actor: str, caller: Person | None, whose: str) -> Target:
        """A document's address: made for the caller's login, for a stranger's, or forged."""
        if not hasattr(self, "_document_ref"):

            async def chunks() -> AsyncIterator[bytes]:
                yield b"words"

            document = self._ids(self.course)["document_id"]
            admin = (await self.world.admin()).actor
            kept = await self.do.outlining.upload(admin, document, chunks(), mime_type="text/plain", file_name="a.txt")
            assert kept.media is not None
            self._document_ref = kept.media.ref
        person = caller if whose == OWN and caller and actor != "banned" else self.stranger
        session = (await self.do.people.devices(person.id))[0].id
        is_for_all = whose == OWN and caller is None
        link = self.world.house.library.link(
            self._document_ref, session_id=None if is_for_all else session, lifetime=600, file_name="a.txt"
        )
        token = link.url.rstrip("/").rpartition("/")[2]
        return {"token": token if whose != MISSING else f"{token[:-4]}AAAA"}

    async def _picture(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        if not hasattr(self, "_picture_key"):
            admin = (await self.world.admin()).actor
            course = await self.do.authoring.set_thumbnail(admin, self.side.id, picture())
            self._picture_key = course.thumbnail
        return {"file_path": self._picture_key if whose == OWN else "thumbnails/none.webp"}

    async def _metrics(self, _actor: str, _caller: Person | None, whose: str) -> Target:
        return {"metrics_token": METRICS_TOKEN if whose == OWN else "guessed"}


@asynccontextmanager
async def school(directory: Path) -> AsyncIterator[School]:
    """A school on SQLite in a directory, its payments in a sandbox of its own."""
    url = f"sqlite+aiosqlite:///{directory / 'shala.db'}"
    await migrating.upgrade(url)
    sandbox = Sandbox(SandboxConfig(webhook_url=None, **SECRETS))
    async with (
        serving(sandbox.app) as base,
        httpx.AsyncClient(base_url=base, timeout=20, limits=httpx.Limits(keepalive_expiry=2)) as http,
    ):
        client = SandboxClient(sandbox, base, http, **SECRETS)
        world = build_world(url, client, directory, SHALA_METRICS_TOKEN=METRICS_TOKEN)
        try:
            watch(world)
            founded = School(world)
            await founded.found()
            yield founded
        finally:
            await world.close()
