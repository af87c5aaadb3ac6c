"""/api/courses/reviews/: what students say of courses."""

from datetime import datetime
from typing import Annotated, Any

from litestar import delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from core.errors import NotFound
from core.paging import DEFAULT_LIMIT
from entrypoints.http.calls import (
    Call,
    Count,
    Cursor,
    Limit,
    Listing,
    caller,
    do,
    expected_version,
    given,
    listing,
    once,
    page_request,
    viewer,
)
from entrypoints.http.policy import Policy
from entrypoints.http.wire import PersonRef, media, person
from modules.learning.domain.reviews import LONGEST_COMMENT, ReportReason
from modules.learning.review_ports import ReviewCard

Rating = Annotated[int, Meta(ge=1, le=5)]
Comment = Annotated[str, Meta(max_length=LONGEST_COMMENT)]


class NewReview(Struct, frozen=True, forbid_unknown_fields=True):
    course_id: int
    rating: Rating
    comment: Comment = ""


class ReviewChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays."""

    rating: Rating | UnsetType = UNSET
    comment: Comment | UnsetType = UNSET
    id: Any = UNSET
    enrollment_id: Any = UNSET
    course_id: Any = UNSET
    user: Any = UNSET
    created_at: Any = UNSET
    updated_at: Any = UNSET
    reply: Any = UNSET
    version: Any = UNSET


class ReplyBody(Struct, frozen=True, forbid_unknown_fields=True):
    text: Annotated[str, Meta(min_length=1, max_length=LONGEST_COMMENT, pattern=r"\S")]


class ReportBody(Struct, frozen=True, forbid_unknown_fields=True):
    reason: ReportReason
    comment: Annotated[str, Meta(max_length=500)] = ""


class ReplyInfo(Struct, frozen=True):
    text: str
    user: PersonRef
    created_at: datetime


class ReviewInfo(Struct, frozen=True):
    """`is_hidden` and `report_count` are for administrators."""

    id: int
    enrollment_id: int
    course_id: int
    user: PersonRef
    rating: int
    comment: str
    created_at: datetime
    updated_at: datetime
    reply: ReplyInfo | None
    version: int
    is_hidden: bool | UnsetType = UNSET
    report_count: int | UnsetType = UNSET


@get("/reviews/", policy=Policy.ANYONE)
async def reviews(
    request: Call,
    course_id: FromQuery[int],
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    rating: Annotated[int | None, QueryParameter(ge=1, le=5)] = None,
) -> Listing[ReviewInfo]:
    """What was said of a course, newest first."""
    page = page_request(limit, cursor, count=count)
    found = await do(request).reviews.reviews(page, course_id, viewer(request), rating=rating)
    if found is None:
        raise NotFound
    return listing(request, found, lambda card: _info(request, card))


@get("/reviews/reported/", policy=Policy.ADMIN)
async def reported_reviews(
    request: Call, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None, count: Count = False
) -> Listing[ReviewInfo]:
    """Reviews that somebody reported and nobody has decided about."""
    found = await do(request).reviews.reported(page_request(limit, cursor, count=count))
    return listing(request, found, lambda card: _info(request, card))


@post("/reviews/", policy=Policy.ENROLLED)
async def create_review(request: Call, data: JSONBody[NewReview]) -> ReviewInfo:
    """Rate a course that one has access to, once."""
    key = await once(request, "review")
    made = do(request).reviewing.review(
        caller(request), data.course_id, rating=data.rating, comment=data.comment, once=key
    )
    return await _review(request, await made)


@patch("/reviews/{review_id:int}/", policy=Policy.OWNER)
async def edit_review(request: Call, review_id: FromPath[int], data: JSONBody[ReviewChanges]) -> ReviewInfo:
    changes = given(data, "rating", "comment")
    await do(request).reviewing.change(caller(request), review_id, changes, version=expected_version(request))
    return await _review(request, review_id)


@delete("/reviews/{review_id:int}/", policy=Policy.OWNER, status_code=204)
async def remove_review(request: Call, review_id: FromPath[int]) -> None:
    """Take one's review back; another may be written."""
    await do(request).reviewing.remove(caller(request), review_id)


@put("/reviews/{review_id:int}/reply/", policy=Policy.STAFF)
async def reply(request: Call, review_id: FromPath[int], data: JSONBody[ReplyBody]) -> ReviewInfo:
    """Answer a review of one's course, in place of the answer before."""
    await do(request).reviewing.reply(caller(request), review_id, data.text)
    return await _review(request, review_id)


@delete("/reviews/{review_id:int}/reply/", policy=Policy.STAFF, status_code=200)
async def remove_reply(request: Call, review_id: FromPath[int]) -> ReviewInfo:
    await do(request).reviewing.reply(caller(request), review_id, "")
    return await _review(request, review_id)


@post("/reviews/{review_id:int}/report/", policy=Policy.USER, status_code=204)
async def report_review(request: Call, review_id: FromPath[int], data: JSONBody[ReportBody]) -> None:
    """Tell the administrators of a review that should not be there. A repeat changes nothing."""
    await do(request).reviewing.report(caller(request), review_id, data.reason, data.comment)


@post("/reviews/{review_id:int}/hide/", policy=Policy.ADMIN, status_code=200)
async def hide_review(request: Call, review_id: FromPath[int]) -> ReviewInfo:
    """Take a review out of sight and out of the rating."""
    await do(request).reviewing.set_hidden(caller(request), review_id, is_hidden=True)
    return await _review(request, review_id)


@post("/reviews/{review_id:int}/keep/", policy=Policy.ADMIN, status_code=200)
async def keep_review(request: Call, review_id: FromPath[int]) -> ReviewInfo:
    """Decide that a review stays, or is shown again; its reports are dropped."""
    await do(request).reviewing.set_hidden(caller(request), review_id, is_hidden=False)
    return await _review(request, review_id)


async def _review(request: Call, review_id: int) -> ReviewInfo:
    found = await do(request).reviews.review(review_id)
    if found is None:
        raise NotFound
    return _info(request, found)


def _info(request: Call, card: ReviewCard) -> ReviewInfo:
    review, base, asks = card.review, media(request), viewer(request)
    is_admin = asks is not None and asks.is_admin
    said = None
    if card.replied_by is not None and review.replied_at is not None:
        said = ReplyInfo(review.reply, person(base, card.replied_by), review.replied_at)
    return ReviewInfo(
        id=review.id,
        enrollment_id=review.enrollment_id,
        course_id=review.course_id,
        user=person(base, card.author),
        rating=review.rating,
        comment=review.comment,
        created_at=review.created_at,
        updated_at=review.updated_at,
        reply=said,
        version=review.version,
        is_hidden=review.is_hidden if is_admin else UNSET,
        report_count=card.report_count if is_admin else UNSET,
    )


HANDLERS = [
    reviews, reported_reviews, create_review, edit_review, remove_review, reply, remove_reply, report_review,
    hide_review, keep_review,
]  # fmt: skip
