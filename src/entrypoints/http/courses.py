"""/api/courses/courses/ and /categories/: the catalogue, and making courses."""

from functools import lru_cache, partial
from typing import Annotated, Any

from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import UNSET, Meta, Struct, UnsetType

from core.errors import Invalid, NotFound
from core.money import to_paise
from core.paging import DEFAULT_LIMIT, Page
from core.text import SLUG, words
from entrypoints.http.calls import (
    Address,
    Call,
    Count,
    Cursor,
    Encoded,
    Limit,
    Listing,
    Moment,
    address,
    caller,
    do,
    encoded,
    expected_version,
    given,
    listed,
    page_request,
    unless_known,
    viewer,
)
from entrypoints.http.learning_wire import CourseDetail, CourseInfo, course_detail, course_info
from entrypoints.http.policy import Policy
from entrypoints.http.uploads import PICTURE_BODY, one_file
from entrypoints.http.wire import PersonRef, Ref, media, person
from modules.learning.domain.catalogue import MAX_ACCESS_DAYS, MAX_TEXT, Level
from modules.learning.queries import ORDERINGS, CourseCard, CourseFilter

Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"\S")]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
Language = Annotated[str, Meta(pattern="^[a-z]{2,3}(-[A-Z]{2})?$")]
AccessDays = Annotated[int, Meta(ge=1, le=MAX_ACCESS_DAYS)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Price = str | float
MOST_REMEMBERED = 100_000
"""Characters of descriptions in a page that is kept encoded."""
KINDS: dict[str, tuple[type, ...]] = {"title": (str, int), "created_at": (Moment, int), "rating": (float, int)}


class NewCourse(Struct, frozen=True, forbid_unknown_fields=True):
    """`price` in rupees with at most two decimals; `access_days` null is lifetime; `category` is a slug; in a
    sequential course each content opens when those before it are completed.
    """

    title: Title
    description: Text = ""
    price: Price = 0
    category: str | None = None
    level: Level = Level.BEGINNER
    language: Language = "en"
    access_days: AccessDays | None = None
    is_sequential: bool = False
    has_certificate: bool = True
    certificate_min_score: Percent | None = None
    certificate_min_attendance: Percent | None = None
    is_trending: bool = False
    slug: str | None = None


class CourseChanges(Struct, frozen=True, forbid_unknown_fields=True):
    """What is not sent stays. The rest of a course may be sent back and is ignored."""

    title: Title | UnsetType = UNSET
    description: Text | UnsetType = UNSET
    price: Price | UnsetType = UNSET
    category: str | UnsetType | None = UNSET
    level: Level | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    access_days: AccessDays | UnsetType | None = UNSET
    is_sequential: bool | UnsetType = UNSET
    has_certificate: bool | UnsetType = UNSET
    certificate_min_score: Percent | UnsetType | None = UNSET
    certificate_min_attendance: Percent | UnsetType | None = UNSET
    is_trending: bool | UnsetType = UNSET
    slug: str | UnsetType = UNSET
    id: Any = UNSET
    price_paise: Any = UNSET
    currency: Any = UNSET
    thumbnail: Any = UNSET
    category_info: Any = UNSET
    is_published: Any = UNSET
    rating: Any = UNSET
    rating_count: Any = UNSET
    enrolled_count: Any = UNSET
    created_by_id: Any = UNSET
    created_by: Any = UNSET
    created_at: Any = UNSET
    version: Any = UNSET
    modules: Any = UNSET
    content_count: Any = UNSET
    total_duration: Any = UNSET
    enrollment: Any = UNSET


class NewCategory(Struct, frozen=True, forbid_unknown_fields=True):
    title: Annotated[str, Meta(min_length=1, max_length=80)]
    slug: str | None = None


class CategoryInfo(Struct, frozen=True):
    id: int
    slug: str
    title: str


class CategoryList(Struct, frozen=True):
    results: list[CategoryInfo]


class InstructorBody(Struct, frozen=True, forbid_unknown_fields=True):
    user_id: int


class InstructorList(Struct, frozen=True):
    results: list[PersonRef]


@get("/courses/", policy=Policy.ANYONE)
async def courses(
    request: Call,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    count: Count = False,
    category: FromQuery[str | None] = None,
    level: FromQuery[Level | None] = None,
    language: FromQuery[str | None] = None,
    is_trending: FromQuery[bool | None] = None,
    free: FromQuery[bool | None] = None,
    q: Annotated[str | None, QueryParameter(max_length=200)] = None,
    min_price: FromQuery[str | None] = None,
    max_price: FromQuery[str | None] = None,
    ordering: FromQuery[str] = "-created_at",
) -> Response[Listing[CourseInfo]]:
    """The catalogue. `q` searches title and description and orders by relevance."""
    name = ordering.removeprefix("-")
    if name not in ORDERINGS:
        raise Invalid.field("ordering", "One of " + ", ".join(ORDERINGS) + ", with - for descending.")
    wanted = CourseFilter(
        category=category,
        level=level,
        language=language,
        is_trending=is_trending,
        is_free=free,
        min_paise=None if min_price is None else to_paise(min_price, "min_price"),
        max_paise=None if max_price is None else to_paise(max_price, "max_price"),
        q=q,
        ordering=ordering,
    )
    kinds = (int, int) if words(q or "") else KINDS.get(name, (int, int))
    page = page_request(limit, cursor, count=count, kinds=kinds)
    found = await do(request).catalogue.courses(page, wanted, viewer(request))
    cards, around = tuple(found.results), (found.next_cursor, found.previous_cursor, found.count)
    # a page of the longest descriptions takes megabytes, and anybody may ask for many
    is_small = sum(len(card.description) for card in cards) <= MOST_REMEMBERED
    answer = (_remembered_page if is_small else _page)(media(request), address(request), cards, *around)
    return unless_known(request, answer)


def _page(base: str, at: Address, cards: tuple[CourseCard, ...], *around: Any) -> Encoded:
    return encoded(listed(at, Page(list(cards), *around), partial(course_info, base)))


_remembered_page = lru_cache(maxsize=64)(_page)
"""Remembered by all that it is made of, which was read anew: it cannot be out of date."""


@get("/courses/{course_id:int}/", policy=Policy.ANYONE)
async def course(request: Call, course_id: FromPath[int]) -> Response[CourseDetail]:
    """A course with its outline; what the viewer may not open shows its title, type and duration only."""
    outline = await do(request).catalogue.outline(course_id, viewer(request))
    if outline is None:
        raise NotFound
    return unless_known(request, encoded(course_detail(request, outline)))


@post("/courses/", policy=Policy.ADMIN)
async def create_course(request: Call, data: JSONBody[NewCourse]) -> CourseDetail:
    """Create an unpublished course."""
    _slug(data.slug)
    created = await do(request).authoring.create(
        caller(request),
        category=data.category,
        slug=data.slug,
        title=data.title,
        description=data.description,
        price_paise=to_paise(data.price),
        level=data.level.value,
        language=data.language,
        access_days=data.access_days,
        is_sequential=data.is_sequential,
        has_certificate=data.has_certificate,
        certificate_min_score=data.certificate_min_score,
        certificate_min_attendance=data.certificate_min_attendance,
        is_trending=data.is_trending,
    )
    return await _detail(request, created.id)


@patch("/courses/{course_id:int}/", policy=Policy.STAFF)
async def edit_course(request: Call, course_id: FromPath[int], data: JSONBody[CourseChanges]) -> CourseDetail:
    """Change a course. Orders that are open keep the price they were made for."""
    names = ("title", "description", "category", "language", "access_days", "is_sequential", "is_trending", "slug")
    changes = given(data, *names, "has_certificate")
    changes |= given(data, "certificate_min_score", "certificate_min_attendance")
    if data.price is not UNSET:
        changes["price_paise"] = to_paise(data.price)
    if data.level is not UNSET:
        changes["level"] = data.level.value
    _slug(changes.get("slug"))
    await do(request).authoring.edit(caller(request), course_id, changes, version=expected_version(request))
    return await _detail(request, course_id)


@delete("/courses/{course_id:int}/", policy=Policy.STAFF, status_code=204)
async def remove_course(request: Call, course_id: FromPath[int]) -> None:
    """Delete a course that nobody was ever enrolled in or ordered."""
    await do(request).authoring.remove(caller(request), course_id)


@post("/courses/{course_id:int}/publish/", policy=Policy.STAFF, status_code=200)
async def publish_course(request: Call, course_id: FromPath[int]) -> CourseDetail:
    """Put a course into the catalogue, or hear what it lacks."""
    await do(request).authoring.publish(caller(request), course_id)
    return await _detail(request, course_id)


@post("/courses/{course_id:int}/unpublish/", policy=Policy.STAFF, status_code=200)
async def unpublish_course(request: Call, course_id: FromPath[int]) -> CourseDetail:
    """Take a course out of the catalogue; who is enrolled keeps access."""
    await do(request).authoring.unpublish(caller(request), course_id)
    return await _detail(request, course_id)


@post(
    "/courses/{course_id:int}/thumbnail/",
    policy=Policy.STAFF,
    takes_file=True,
    status_code=200,
    request_max_body_size=PICTURE_BODY,
)
async def set_thumbnail(request: Call, course_id: FromPath[int]) -> CourseDetail:
    """Replace the thumbnail (multipart field `file`; JPEG, PNG or WebP up to 5 MiB)."""
    file = await one_file(request)
    await do(request).authoring.set_thumbnail(caller(request), course_id, await file.read())
    return await _detail(request, course_id)


@delete("/courses/{course_id:int}/thumbnail/", policy=Policy.STAFF, status_code=200)
async def remove_thumbnail(request: Call, course_id: FromPath[int]) -> CourseDetail:
    """Take the thumbnail away."""
    await do(request).authoring.set_thumbnail(caller(request), course_id, None)
    return await _detail(request, course_id)


@get("/courses/{course_id:int}/instructors/", policy=Policy.STAFF)
async def instructors(request: Call, course_id: FromPath[int]) -> InstructorList:
    """Who may edit the course beside the administrators."""
    if not await do(request).study.is_staff(caller(request), course_id):
        raise NotFound
    return await _instructors(request, course_id)


@post("/courses/{course_id:int}/instructors/", policy=Policy.ADMIN, status_code=200)
async def add_instructor(request: Call, course_id: FromPath[int], data: JSONBody[InstructorBody]) -> InstructorList:
    """Let an instructor edit the course."""
    await do(request).authoring.add_instructor(caller(request), course_id, data.user_id)
    return await _instructors(request, course_id)


@delete("/courses/{course_id:int}/instructors/{user_id:int}/", policy=Policy.ADMIN, status_code=204)
async def remove_instructor(request: Call, course_id: FromPath[int], user_id: FromPath[int]) -> None:
    await do(request).authoring.remove_instructor(caller(request), course_id, user_id)


@get("/categories/", policy=Policy.ANYONE)
async def categories(request: Call) -> Response[CategoryList]:
    """All categories, by title."""
    found = await do(request).catalogue.categories()
    return unless_known(request, encoded(CategoryList([CategoryInfo(c.id, c.slug, c.title) for c in found])))


@post("/categories/", policy=Policy.ADMIN)
async def create_category(request: Call, data: JSONBody[NewCategory]) -> Ref:
    """Add a category; without `slug` one is made of the title."""
    _slug(data.slug, most=80)
    return Ref(await do(request).authoring.add_category(slug=data.slug, title=data.title), data.title)


async def _detail(request: Call, course_id: int) -> CourseDetail:
    outline = await do(request).catalogue.outline(course_id, viewer(request))
    if outline is None:
        raise NotFound
    return course_detail(request, outline)


async def _instructors(request: Call, course_id: int) -> InstructorList:
    found = await do(request).catalogue.instructors(course_id)
    return InstructorList([person(media(request), one) for one in found])


def _slug(slug: str | None, *, most: int = 120) -> None:
    if slug is not None and (len(slug) > most or not SLUG.fullmatch(slug)):
        raise Invalid.field("slug", f"Lower-case letters and digits, joined by single hyphens; at most {most}.")


HANDLERS = [
    courses, course, create_course, edit_course, remove_course, publish_course, unpublish_course, set_thumbnail,
    remove_thumbnail, instructors, add_instructor, remove_instructor, categories, create_category,
]  # fmt: skip
