"""Certificates, within a transaction and as people read them."""

from datetime import datetime
from fractions import Fraction

from sqlalchemy import and_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.attendance.figures import CAME, POINTS, POSSIBLE, of_course
from adapters.sql.attendance.rows import RECORDS
from adapters.sql.database import AnyRow, Database
from adapters.sql.learning.access import CourseStore
from adapters.sql.learning.quiz_rows import ATTEMPTS, QUIZZES
from adapters.sql.learning.rows import CONTENTS, COURSES, ENROLLMENTS, USERS
from adapters.sql.models import Certificate as CertificateModel
from adapters.sql.models import CertificateKey
from adapters.sql.pages import KeysetList
from adapters.sql.store import table
from core.paging import Page, PageRequest
from modules.learning.domain.certificates import Certificate, Claim

CERTIFICATES, KEYS = table(CertificateModel), table(CertificateKey)
COLUMNS = [CERTIFICATES.c[name] for name in Certificate.__struct_fields__]
CLAIM = (
    select(
        ENROLLMENTS.c.id,
        ENROLLMENTS.c.user_id,
        ENROLLMENTS.c.course_id,
        func.coalesce(func.nullif(USERS.c.full_name, ""), USERS.c.username),
        COURSES.c.title,
        ENROLLMENTS.c.completed_at,
        COURSES.c.has_certificate,
        COURSES.c.certificate_min_score,
        COURSES.c.certificate_min_attendance,
        exists().where(CERTIFICATES.c.enrollment_id == ENROLLMENTS.c.id),
    )
    .join(USERS, USERS.c.id == ENROLLMENTS.c.user_id)
    .join(COURSES, COURSES.c.id == ENROLLMENTS.c.course_id)
    .where(ENROLLMENTS.c.id == bindparam("enrollment_id"))
)
LOCK = select(ENROLLMENTS.c.id).where(ENROLLMENTS.c.id == bindparam("id")).with_for_update(key_share=True)
CLAIM_ASKS = Claim.__struct_fields__.index("min_attendance")
OWN_CAME = of_course(POINTS, POSSIBLE).where(RECORDS.c.user_id == bindparam("user_id"))
_CAME = CAME.subquery("came")
_MIN = COURSES.c.certificate_min_attendance
WAITING = (
    select(ENROLLMENTS.c.id)
    .join(COURSES, COURSES.c.id == ENROLLMENTS.c.course_id)
    .join(USERS, USERS.c.id == ENROLLMENTS.c.user_id)
    .outerjoin(_CAME, _CAME.c.user_id == ENROLLMENTS.c.user_id)
    .where(
        COURSES.c.id == bindparam("course_id"),
        COURSES.c.has_certificate,
        or_(_MIN.is_(None), and_(_CAME.c.possible > 0, _CAME.c.points * 100 >= _MIN * _CAME.c.possible)),
        ENROLLMENTS.c.completed_at.is_not(None),
        ENROLLMENTS.c.is_active,
        USERS.c.is_active,
        ENROLLMENTS.c.id > bindparam("after"),
        ~exists().where(CERTIFICATES.c.enrollment_id == ENROLLMENTS.c.id),
    )
    .order_by(ENROLLMENTS.c.id)
    .limit(bindparam("limit"))
)
WAITING_BY_ATTENDANCE = WAITING.where(_MIN.is_not(None))
BEST_SCORES = (
    select(func.max(ATTEMPTS.c.score))
    .select_from(QUIZZES)
    .join(CONTENTS, CONTENTS.c.id == QUIZZES.c.content_id)
    .outerjoin(
        ATTEMPTS, and_(ATTEMPTS.c.quiz_id == QUIZZES.c.id, ATTEMPTS.c.enrollment_id == bindparam("enrollment_id"))
    )
    .where(CONTENTS.c.course_id == bindparam("course_id"), CONTENTS.c.is_published)
    .group_by(QUIZZES.c.id)
)
KEEP_KEY = upsert(KEYS).on_conflict_do_nothing()
BY_NUMBER = select(*COLUMNS).where(CERTIFICATES.c.number == bindparam("number"))
BY_NUMBER_LOCKED = BY_NUMBER.with_for_update()


def _certificate(row: AnyRow) -> Certificate:
    return Certificate(*row)


CERTIFICATE_LIST = KeysetList(
    select(*COLUMNS).where(CERTIFICATES.c.token != ""),
    make=_certificate,
    orders={"id": [CERTIFICATES.c.id]},
    filters={name: CERTIFICATES.c[name] == bindparam(name) for name in ("user_id", "course_id")},
)


class SqlCertificateStore(CourseStore):
    async def claim(self, enrollment_id: int) -> Claim | None:
        row = await self.transaction.row(CLAIM, {"enrollment_id": enrollment_id})
        if row is None:
            return None
        asked = {"enrollment_id": enrollment_id, "course_id": row[2]}
        best = [Fraction(str(score or 0)) for (score,) in await self.transaction.rows(BEST_SCORES, asked)]
        score = sum(best) / len(best) if best else None
        came = None if row[CLAIM_ASKS] is None else await self._attendance(course_id=row[2], user_id=row[1])
        values = [*row[:-1], score, came, row[-1]]
        return Claim(*values)

    async def lock_enrollment(self, enrollment_id: int) -> None:
        await self.transaction.execute(LOCK, {"id": enrollment_id})

    async def waiting(self, course_id: int, after: int, limit: int, *, by_attendance: bool) -> list[int]:
        statement = WAITING_BY_ATTENDANCE if by_attendance else WAITING
        values = {"course_id": course_id, "after": after, "limit": limit}
        return [int(row[0]) for row in await self.transaction.rows(statement, values)]

    async def keep_key(self, key_id: str, public_key: dict[str, str]) -> None:
        now = self.transaction.clock.now()
        await self.transaction.execute(KEEP_KEY, {"key_id": key_id, "public_key": public_key, "created_at": now})

    async def add_certificate(
        self, claim: Claim, *, number: str, issued_at: datetime, key_id: str, token: str
    ) -> Certificate:
        names = ("enrollment_id", "user_id", "course_id", "student_name", "course_title", "completed_at")
        said = {name: getattr(claim, name) for name in names}
        made = {"number": number, "issued_at": issued_at, "key_id": key_id, "token": token, "revoke_reason": ""}
        made["score"] = claim.shown_score
        statement = insert(CERTIFICATES).values(**said, **made).returning(*COLUMNS)
        return Certificate(*(await self.transaction.execute(statement)).one())

    async def certificate(self, number: str) -> Certificate | None:
        row = await self.transaction.row(BY_NUMBER_LOCKED, {"number": number})
        return _certificate(row) if row else None

    async def revoke(self, certificate_id: int, *, at: datetime, reason: str) -> None:
        statement = update(CERTIFICATES).where(CERTIFICATES.c.id == certificate_id)
        await self.transaction.execute(statement.values(revoked_at=at, revoke_reason=reason))

    async def forget(self, user_id: int) -> None:
        statement = update(CERTIFICATES).where(CERTIFICATES.c.user_id == user_id)
        await self.transaction.execute(statement.values(student_name="", token=""))

    async def _attendance(self, *, course_id: int, user_id: int) -> Fraction | None:
        points, possible = (
            await self.transaction.execute(OWN_CAME, {"course_id": course_id, "user_id": user_id})
        ).one()
        return Fraction(100 * int(points), int(possible)) if possible else None


class SqlCertificateQueries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def certificate(self, number: str) -> Certificate | None:
        row = await self._database.row(BY_NUMBER, {"number": number})
        found = _certificate(row) if row else None
        return found if found and found.token else None

    async def of_user(self, request: PageRequest, user_id: int) -> Page[Certificate]:
        return await self._page(request, user_id=user_id)

    async def of_course(self, request: PageRequest, course_id: int) -> Page[Certificate]:
        return await self._page(request, course_id=course_id)

    async def keys(self) -> list[dict[str, str]]:
        kept = select(KEYS.c.public_key).order_by(KEYS.c.created_at, KEYS.c.key_id)
        return [row[0] for row in await self._database.rows(kept)]

    async def _page(self, request: PageRequest, **whose: int) -> Page[Certificate]:
        return await CERTIFICATE_LIST.page(
            self._database, request, where=[*whose], values=whose, keys=lambda one: (one.id,)
        )
