"""Taking a course out as one archive, and making a course of one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import asdict

from core.actor import Actor
from core.errors import FieldFault, Invalid
from core.ids import Randomness
from core.text import slugify, words
from core.transaction import Begin
from modules.learning.domain.archive import (
    FORMAT,
    MOST_CONTENTS,
    Archive,
    ArchivedCategory,
    ArchivedContent,
    ArchivedMedia,
    ArchivedModule,
    archived_quiz,
)
from modules.learning.domain.catalogue import Content, ContentType, Media, Module, Provider, content_gaps
from modules.learning.domain.media import names_video
from modules.learning.domain.quizzes import MOST_QUESTIONS, Draft, question_gaps, quiz_gaps
from modules.learning.ports import CatalogueStore, Markdown, MediaLibrary, OutlineStore
from modules.learning.quiz_ports import QuizStore
from modules.learning.staff import demand_staff

KEPT_UNDER = "contents/"
SHOWN_FAULTS = 50


class ArchiveStore(CatalogueStore, OutlineStore, QuizStore, Protocol):
    async def category(self, category_id: int) -> tuple[str, str] | None:
        """Slug and title."""
        ...

    async def modules(self, course_id: int) -> list[Module]:
        """In their order."""
        ...

    async def contents(self, course_id: int) -> list[Content]:
        """In their order within their modules."""
        ...


class Restored(Struct, frozen=True):
    """`missing` names what could not be taken over: files that are not here, and what is unpublished for that."""

    course_id: int
    missing: list[str]


@dataclass(frozen=True, slots=True)
class Archiving:
    begin: Begin[ArchiveStore]
    library: MediaLibrary
    markdown: Markdown
    randomness: Randomness

    async def export(self, actor: Actor, course_id: int) -> Archive:
        """Everything that the course teaches.

        :raises NotFound: :raises NotStaff:
        """
        async with self.begin() as store:
            course = await demand_staff(store, actor, course_id)
            found = await store.category(course.category_id) if course.category_id else None
            contents = await store.contents(course_id)
            modules = [
                ArchivedModule(
                    module.title,
                    module.description,
                    [await _archived(store, content) for content in contents if content.module_id == module.id],
                )
                for module in await store.modules(course_id)
            ]
        names = [name for name in Archive.__struct_fields__ if name not in {"format", "category", "modules"}]
        return Archive(
            format=FORMAT,
            category=ArchivedCategory(*found) if found else None,
            modules=modules,
            **{name: getattr(course, name) for name in names},
        )

    async def restore(self, actor: Actor, archive: Archive) -> Restored:
        """Make a new, unpublished course of an archive, all or nothing. Files are copied, where they are here.

        :raises Invalid: naming what is wrong in it.
        """
        drafts = _checked(archive)
        missing, copies = list[str](), dict[str, str]()
        try:
            for place, ref, name in _files(archive):
                copied = await self.library.copy(ref, f"{KEPT_UNDER}restored")
                if copied is None:
                    missing.append(f"{place}: the file {name} is not here.")
                else:
                    copies[place] = copied
            # before the transaction: a large course takes seconds to render
            html = {place: self.markdown.render(content.text_content) for place, content in _contents(archive)}
            async with self.begin() as store:
                course_id = await self._write(store, actor, archive, copies, drafts, html, missing)
        except BaseException:
            for ref in copies.values():
                await self.library.discard(ref)
            raise
        return Restored(course_id, missing)

    async def _write(
        self,
        store: ArchiveStore,
        actor: Actor,
        archive: Archive,
        copies: Mapping[str, str],
        drafts: Mapping[str, list[Draft]],
        html: Mapping[str, str],
        missing: list[str],
    ) -> int:
        names = [name for name in Archive.__struct_fields__ if name not in {"format", "category", "modules", "level"}]
        course = await store.add_course(
            created_by_id=actor.user_id,
            slug=f"{slugify(archive.title) or 'course'}-{self.randomness.token(3)}",
            level=archive.level.value,
            category_id=await _category(store, archive.category),
            title_terms=" ".join(words(archive.title)),
            description_terms=" ".join(words(archive.description)),
            **{name: getattr(archive, name) for name in names},
        )
        for m, module in enumerate(archive.modules):
            made = await store.add_module(course.id, title=module.title, description=module.description)
            for c, content in enumerate(module.contents):
                place = f"modules.{m}.contents.{c}"
                added = await store.add_content(
                    made, **_values(content, copies.get(f"{place}.media")), text_html=html[place]
                )
                known = {name: copies.get(f"{place}.captions.{name}") for name in content.captions}
                if captions := {name: ref for name, ref in known.items() if ref}:
                    await store.change_content(added.id, captions=captions)
                gaps = content_gaps(added)
                if content.quiz is not None:
                    settings = {name: value for name, value in asdict(content.quiz).items() if name != "questions"}
                    quiz = await store.add_quiz(added.id, **settings)
                    if drafts[place]:
                        await store.add_questions(quiz.id, drafts[place])
                    gaps = quiz_gaps(quiz, await store.questions(quiz.id))
                if content.is_published and gaps:
                    missing.append(f"{place}: not published, for {gaps[0].message[0].lower()}{gaps[0].message[1:]}")
                elif content.is_published:
                    await store.change_content(added.id, is_published=True)
        await store.audit(actor_id=actor.user_id, action="course.imported", target_type="course", target_id=course.id)
        return course.id


def _values(content: ArchivedContent, copy: str | None) -> dict[str, Any]:
    names = ("title", "content_type", "video_duration", "text_content", "is_preview", "available_after_days")
    media = None
    if content.media is not None:
        ref = copy if content.media.provider is Provider.STORAGE else content.media.ref
        media = Media(**{**asdict(content.media), "ref": ref}) if ref else None
    return {**{name: getattr(content, name) for name in names}, "media": media}


async def _archived(store: ArchiveStore, content: Content) -> ArchivedContent:
    media = content.media
    quiz = await store.quiz_of(content.id) if content.content_type is ContentType.QUIZ else None
    return ArchivedContent(
        title=content.title,
        content_type=content.content_type,
        media=ArchivedMedia(**asdict(media)) if media else None,
        video_duration=content.video_duration,
        text_content=content.text_content,
        is_preview=content.is_preview,
        is_published=content.is_published,
        available_after_days=content.available_after_days,
        quiz=archived_quiz(quiz, await store.questions(quiz.id)) if quiz else None,
        captions=content.captions,
    )


async def _category(store: ArchiveStore, category: ArchivedCategory | None) -> int | None:
    if category is None:
        return None
    known = await store.category_id(category.slug)
    return known if known is not None else await store.add_category(slug=category.slug, title=category.title)


def _contents(archive: Archive) -> Iterator[tuple[str, ArchivedContent]]:
    for m, module in enumerate(archive.modules):
        for c, content in enumerate(module.contents):
            yield f"modules.{m}.contents.{c}", content


def _files(archive: Archive) -> Iterator[tuple[str, str, str]]:
    """The place, key and name of each file in our store."""
    for place, content in _contents(archive):
        media = content.media
        if media is not None and media.provider is Provider.STORAGE:
            yield f"{place}.media", media.ref, media.file_name or media.ref
        for language, ref in content.captions.items():
            yield f"{place}.captions.{language}", ref, f"of the captions in {language}"


def _checked(archive: Archive) -> dict[str, list[Draft]]:
    """The questions of each quiz, by its place.

    :raises Invalid:
    """
    faults, drafts = list[FieldFault](), dict[str, list[Draft]]()
    for place, content in _contents(archive):
        if (content.quiz is not None) > (content.content_type is ContentType.QUIZ):
            faults.append(FieldFault(f"{place}.quiz", "This content is no quiz."))
        if content.media is not None and content.content_type not in {ContentType.VIDEO, ContentType.DOCUMENT}:
            faults.append(FieldFault(f"{place}.media", "This content has no media."))
        if content.media is not None and not names_video(content.media.provider, content.media.ref):
            faults.append(FieldFault(f"{place}.media.ref", "This is no id of a video."))
        drafts[place] = []
        for q, question in enumerate(content.quiz.questions if content.quiz else ()):
            draft, where = question.draft(), f"{place}.quiz.questions.{q}"
            if draft is None:
                faults.append(FieldFault(f"{where}.tolerance", "Not a number of 0 or more."))
                continue
            drafts[place].append(draft)
            faults += [FieldFault(f"{where}.{fault.field}", fault.message) for fault in question_gaps(draft)]
        if len(drafts[place]) > MOST_QUESTIONS:
            faults.append(FieldFault(f"{place}.quiz.questions", f"At most {MOST_QUESTIONS}."))
    for place, ref, _ in _files(archive):
        if not ref.startswith(KEPT_UNDER) or ".." in ref:
            faults.append(FieldFault(place, "This is no file of a content."))
    if len(drafts) > MOST_CONTENTS:
        faults.append(FieldFault("modules", f"At most {MOST_CONTENTS} contents."))
    if faults:
        count = "One thing is" if len(faults) == 1 else f"{len(faults)} things are"
        raise Invalid(f"{count} wrong; nothing was imported.", faults=tuple(faults[:SHOWN_FAULTS]))
    return drafts
