"""Reviews, within a transaction and as people read them."""

from typing import Any

from sqlalchemy import Float, Integer, bindparam, case, cast, delete, exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from adapters.sql.database import AnyRow, Database
from adapters.sql.failures import Duplicate, violated
from adapters.sql.learning.access import is_staff, teaches
from adapters.sql.learning.enrolment import SqlEnrolmentStore
from adapters.sql.learning.rows import COURSES, ENROLLMENTS, PERSON_COLUMNS, USERS
from adapters.sql.models import Review as ReviewModel
from adapters.sql.models import ReviewReport
from adapters.sql.pages import KeysetList, given
from adapters.sql.store import table
from core.actor import Actor
from core.paging import Page, PageRequest
from modules.learning.domain.enrolment import Enrollment
from modules.learning.domain.reviews import AlreadyReviewed, ReportReason, Review
from modules.learning.queries import Person
from modules.learning.review_ports import ReviewCard

REVIEWS, REPORTS = table(ReviewModel), table(ReviewReport)
REVIEW_COLUMNS = [REVIEWS.c[name] for name in Review.__struct_fields__]
BY_ID = select(*REVIEW_COLUMNS).where(REVIEWS.c.id == bindparam("id")).with_for_update()
_SUM = COURSES.c.rating_sum + bindparam("ratings", type_=Integer)
_NUMBER = COURSES.c.rating_count + bindparam("number", type_=Integer)
# hundredths, half up, in whole numbers: the same on both databases
_HUNDREDTHS = (_SUM * 200 + _NUMBER) // (_NUMBER * 2)
COUNT = (
    update(COURSES)
    .where(COURSES.c.id == bindparam("course"))
    .values(
        rating_sum=_SUM,
        rating_count=_NUMBER,
        rating=case((_NUMBER > 0, cast(_HUNDREDTHS, Float) / 100), else_=0.0),
    )
)
REPORT = upsert(REPORTS).on_conflict_do_nothing()
AUTHOR, TEACHER = USERS.alias("author"), USERS.alias("teacher")
_REPORT_COUNT = select(func.count()).where(REPORTS.c.review_id == REVIEWS.c.id).scalar_subquery()
_CARDS = (
    select(
        *REVIEW_COLUMNS,
        *(AUTHOR.c[column.name] for column in PERSON_COLUMNS),
        *(TEACHER.c[column.name] for column in PERSON_COLUMNS),
        _REPORT_COUNT,
    )
    .join(AUTHOR, AUTHOR.c.id == REVIEWS.c.user_id)
    .outerjoin(TEACHER, TEACHER.c.id == REVIEWS.c.replied_by_id)
)
_PERSON = len(PERSON_COLUMNS)
_AUTHOR = len(REVIEW_COLUMNS)
_TEACHER = _AUTHOR + _PERSON
_ENROLLED = exists().where(ENROLLMENTS.c.user_id == bindparam("user_id"), ENROLLMENTS.c.course_id == COURSES.c.id)
COURSE_SEEN = select(COURSES.c.is_published, teaches(COURSES.c.id), _ENROLLED).where(
    COURSES.c.id == bindparam("course_id")
)


def _card(row: AnyRow) -> ReviewCard:
    teacher = row[_TEACHER : _TEACHER + _PERSON]
    replied_by = None if teacher[0] is None else Person(*teacher)
    return ReviewCard(Review(*row[:_AUTHOR]), Person(*row[_AUTHOR:_TEACHER]), replied_by, int(row[-1]))


REVIEW_LIST = KeysetList(
    _CARDS,
    make=_card,
    orders={"id": [REVIEWS.c.id]},
    filters={
        "course_id": REVIEWS.c.course_id == bindparam("course_id"),
        "rating": REVIEWS.c.rating == bindparam("rating"),
        "shown": ~REVIEWS.c.is_hidden,
        "reported": exists().where(REPORTS.c.review_id == REVIEWS.c.id),
    },
)
CARD_BY_ID = _CARDS.where(REVIEWS.c.id == bindparam("id"))


class SqlCourseReviewStore(SqlEnrolmentStore):
    async def review(self, review_id: int) -> Review | None:
        row = await self.transaction.row(BY_ID, {"id": review_id})
        return Review(*row) if row else None

    async def add_review(self, enrollment: Enrollment, *, rating: int, comment: str) -> Review:
        now = self.transaction.clock.now()
        values = {
            "enrollment_id": enrollment.id,
            "course_id": enrollment.course_id,
            "user_id": enrollment.user_id,
            "rating": rating,
            "comment": comment,
            "created_at": now,
            "updated_at": now,
            "is_hidden": False,
            "reply": "",
            "version": 1,
        }
        try:
            return Review(
                *(await self.transaction.execute(insert(REVIEWS).values(values).returning(*REVIEW_COLUMNS))).one()
            )
        except Duplicate as error:
            if violated(error, "reviews.enrollment_id"):
                raise AlreadyReviewed from error
            raise

    async def change_review(self, review_id: int, *, is_edited: bool = True, **changes: Any) -> Review:
        when = {"updated_at": self.transaction.clock.now()} if is_edited else {}
        statement = update(REVIEWS).where(REVIEWS.c.id == review_id)
        statement = statement.values(version=REVIEWS.c.version + 1, **when, **changes)
        return Review(*(await self.transaction.execute(statement.returning(*REVIEW_COLUMNS))).one())

    async def remove_review(self, review_id: int) -> None:
        await self.drop_reports(review_id)
        await self.transaction.execute(delete(REVIEWS).where(REVIEWS.c.id == review_id))

    async def count(self, course_id: int, *, ratings: int, number: int) -> None:
        await self.transaction.execute(COUNT, {"course": course_id, "ratings": ratings, "number": number})

    async def report(self, review_id: int, user_id: int, reason: ReportReason, comment: str) -> None:
        said = {"reason": reason.value, "comment": comment, "created_at": self.transaction.clock.now()}
        await self.transaction.execute(REPORT, {"review_id": review_id, "user_id": user_id, **said})

    async def drop_reports(self, review_id: int) -> None:
        await self.transaction.execute(delete(REPORTS).where(REPORTS.c.review_id == review_id))


class SqlCourseReviewQueries:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def reviews(
        self, request: PageRequest, course_id: int, viewer: Actor | None, *, rating: int | None
    ) -> Page[ReviewCard] | None:
        asked = {"course_id": course_id, "user_id": viewer.user_id if viewer else 0}
        row = await self._database.row(COURSE_SEEN, asked)
        if row is None or not (row[0] or row[2] or is_staff(viewer, teaches=bool(row[1]))):
            return None
        values = given(course_id=course_id, rating=rating)
        shown = [] if viewer is not None and viewer.is_admin else ["shown"]
        return await REVIEW_LIST.page(
            self._database, request, where=[*values, *shown], values=values, keys=lambda card: (card.review.id,)
        )

    async def review(self, review_id: int) -> ReviewCard | None:
        row = await self._database.row(CARD_BY_ID, {"id": review_id})
        return _card(row) if row else None

    async def reported(self, request: PageRequest) -> Page[ReviewCard]:
        return await REVIEW_LIST.page(self._database, request, where=["reported"], keys=lambda card: (card.review.id,))
