"""Making courses and putting them on sale."""

from dataclasses import dataclass
from typing import Any

from core.actor import Actor
from core.errors import Invalid, NotFound
from core.ids import Randomness
from core.text import slugify, words
from core.transaction import Begin
from modules.learning.domain.catalogue import Course, InUse, NotPublishable, course_gaps
from modules.learning.events import CertificateRulesChanged, InstructorRemoved
from modules.learning.ports import CatalogueStore, MediaLibrary, Thumbnails
from modules.learning.staff import demand_same_version, demand_staff

CERTIFICATE_RULES = ("has_certificate", "certificate_min_score", "certificate_min_attendance")


@dataclass(frozen=True, slots=True)
class Authoring:
    begin: Begin[CatalogueStore]
    thumbnails: Thumbnails
    library: MediaLibrary
    randomness: Randomness

    async def create(self, actor: Actor, *, category: str | None, slug: str | None, **values: Any) -> Course:
        """Create an unpublished course; without `slug` one is made of the title.

        :raises Invalid: no such category. :raises SlugTaken:
        """
        async with self.begin() as store:
            values |= _terms(values["title"], values["description"])
            values["category_id"] = await _category(store, category)
            values["slug"] = slug or f"{slugify(values['title']) or 'course'}-{self.randomness.token(3)}"
            return await store.add_course(created_by_id=actor.user_id, **values)

    async def edit(
        self, actor: Actor, course_id: int, changes: dict[str, Any], *, version: int | None = None
    ) -> Course:
        """Change a course; with `version`, only if nobody did meanwhile. Orders that are open keep their price.

        :raises NotFound: :raises NotStaff: :raises VersionConflict: :raises Invalid: :raises SlugTaken:
        """
        async with self.begin() as store:
            course = await _editable(store, actor, course_id, version)
            if "category" in changes:
                changes["category_id"] = await _category(store, changes.pop("category"))
            if "title" in changes or "description" in changes:
                changes |= _terms(changes.get("title", course.title), changes.get("description", course.description))
            if not changes:
                return course
            changed = await store.change_course(course_id, **changes)
            if any(getattr(changed, name) != getattr(course, name) for name in CERTIFICATE_RULES):
                await store.emit(CertificateRulesChanged(course_id=course_id))
            return changed

    async def publish(self, actor: Actor, course_id: int) -> Course:
        """Put the course into the catalogue.

        :raises NotPublishable: with everything that is missing.
        """
        async with self.begin() as store:
            course = await _editable(store, actor, course_id)
            if gaps := course_gaps(course, await store.count_published_contents(course_id)):
                raise NotPublishable(faults=tuple(gaps))
            return course if course.is_published else await store.change_course(course_id, is_published=True)

    async def unpublish(self, actor: Actor, course_id: int) -> Course:
        """Take the course out of the catalogue; who is enrolled keeps access."""
        async with self.begin() as store:
            course = await _editable(store, actor, course_id)
            return await store.change_course(course_id, is_published=False) if course.is_published else course

    async def set_thumbnail(self, actor: Actor, course_id: int, data: bytes | None) -> Course:
        """Replace the thumbnail, or take it away with None.

        :raises Invalid: not a picture, or one that is too large.
        """
        async with self.begin() as store:
            await _editable(store, actor, course_id)
        key = await self.thumbnails.keep(data) if data is not None else None
        try:
            async with self.begin() as store:
                former = (await _editable(store, actor, course_id)).thumbnail
                course = await store.change_course(course_id, thumbnail=key)
        except BaseException:
            if key:
                await self.thumbnails.discard(key)
            raise
        if former:
            await self.thumbnails.discard(former)
        return course

    async def remove(self, actor: Actor, course_id: int) -> None:
        """Delete a course that nobody was ever enrolled in or ordered, that has no community, and that no bundle, plan,
        coupon or share names; with its contents and the live classes that were planned.

        :raises InUse:
        """
        async with self.begin() as store:
            course = await _editable(store, actor, course_id)
            if await store.is_course_used(course_id):
                raise InUse
            files = await store.stored_files(course_id)
            await store.remove_course(course_id)
            await store.audit(
                actor_id=actor.user_id, action="course.deleted", target_type="course", target_id=course_id
            )
        if course.thumbnail:
            await self.thumbnails.discard(course.thumbnail)
        for ref in files:
            await self.library.discard(ref)

    async def add_category(self, *, slug: str | None, title: str) -> int:
        """:raises SlugTaken: :raises Invalid: the title gives no slug."""
        slug = slug or slugify(title)
        if not slug:
            raise Invalid.field("slug", "Give a slug of Latin letters and digits.")
        async with self.begin() as store:
            return await store.add_category(slug=slug, title=title)

    async def add_instructor(self, actor: Actor, course_id: int, user_id: int) -> None:
        """Let an instructor edit the course and see its students. A repeat changes nothing.

        :raises NotFound: :raises Invalid: not an instructor.
        """
        async with self.begin() as store:
            if await store.course(course_id) is None:
                raise NotFound
            if not await store.is_instructor(user_id):
                raise Invalid.field("user_id", "There is no instructor with this id.")
            await store.add_instructor(course_id, user_id)
            await self._audit_instructor(store, actor, course_id, user_id, "added")

    async def remove_instructor(self, actor: Actor, course_id: int, user_id: int) -> None:
        """:raises NotFound:"""
        async with self.begin() as store:
            if not await store.remove_instructor(course_id, user_id):
                raise NotFound
            await store.emit(InstructorRemoved(course_id=course_id, user_id=user_id))
            await self._audit_instructor(store, actor, course_id, user_id, "removed")

    async def _audit_instructor(
        self, store: CatalogueStore, actor: Actor, course_id: int, user_id: int, what: str
    ) -> None:
        await store.audit(
            actor_id=actor.user_id,
            action=f"course.instructor_{what}",
            target_type="course",
            target_id=course_id,
            user_id=user_id,
        )


def _terms(title: str, description: str) -> dict[str, str]:
    """What full-text search reads, on both databases: the same words by the same rule."""
    return {"title_terms": " ".join(words(title)), "description_terms": " ".join(words(description))}


async def _category(store: CatalogueStore, slug: str | None) -> int | None:
    if slug is None:
        return None
    category_id = await store.category_id(slug)
    if category_id is None:
        raise Invalid.field("category", "There is no such category.")
    return category_id


async def _editable(store: CatalogueStore, actor: Actor, course_id: int, version: int | None = None) -> Course:
    course = await demand_staff(store, actor, course_id)
    demand_same_version(course.version, version)
    return course
