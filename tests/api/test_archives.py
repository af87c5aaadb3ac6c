"""A course as one file: out, in, and out again, the same."""

import io
import json
import zipfile
from typing import Any

import pytest

from core.actor import Role
from modules.learning.domain.catalogue import ContentType
from quizzes import CHOICE, NUMBER, QUESTIONS, QUIZZES, SEVERAL, TEXT, TRUE, Exam, exam
from worlds import Person, World

IMPORT = "/api/courses/courses/import/"
VIDEO: dict[str, Any] = {"video_url": "https://youtu.be/dQw4w9WgXcQ", "video_duration": 600}


async def export(person: Person, course_id: int) -> bytes:
    answer = await person.get(f"/api/courses/courses/{course_id}/archive/")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    return answer.content


def opened(archive: bytes) -> dict[str, Any]:
    return json.loads(zipfile.ZipFile(io.BytesIO(archive)).read("course.json"))


def packed(body: Any, name: str = "course.json") -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as file:
        file.writestr(name, body if isinstance(body, str | bytes) else json.dumps(body))
    return written.getvalue()


async def bring(world: World, archive: bytes) -> Any:
    return await (await world.admin()).call("POST", IMPORT, files={"file": ("a.zip", archive, "application/zip")})


async def rich(world: World) -> Exam:
    """A course with something of everything."""
    made = await exam(
        world, CHOICE, SEVERAL, TRUE, NUMBER, {**TEXT, "pool": "p"}, {**TEXT, "pool": "p"},
        pools={"p": 1}, passing_score=66.6, time_limit=600, max_attempts=3, shuffle_questions=True,
        show_answers="never",
    )  # fmt: skip
    await world.content(made.course, ContentType.VIDEO, title="फ़िल्म", **VIDEO)
    await world.text(made.course, title="Later", available_after_days=7, publish=False)
    document = await world.content(made.course, ContentType.DOCUMENT, title="Sheet", publish=False)
    file = {"file": ("sheet.txt", b"one, two", "text/plain")}
    sent = await made.teacher.call("POST", f"/api/courses/contents/{document}/file/", files=file)
    assert sent.status_code == 200, sent.text
    await made.teacher.post(f"/api/courses/contents/{document}/publish/")
    await made.teacher.post(
        "/api/courses/modules/", {"course_id": made.course.id, "title": "Empty", "description": "!"}
    )
    settings = {"is_sequential": True, "certificate_min_score": 70.5, "price": "123.45", "access_days": 90}
    assert (await made.teacher.patch(f"/api/courses/courses/{made.course.id}/", settings)).status_code == 200
    return made


def without_keys(archive: dict[str, Any]) -> dict[str, Any]:
    """A file in our store has a key of its own in each course."""
    for module in archive["modules"]:
        for content in module["contents"]:
            if content["media"] and content["media"]["provider"] == "storage":
                content["media"]["ref"] = ""
    return archive


async def test_out_and_in_and_out_is_the_same(world: World) -> None:
    made = await rich(world)
    first = await export(made.teacher, made.course.id)
    assert await export(made.teacher, made.course.id) == first
    answer = await bring(world, first)
    assert (answer.status_code, answer.json()["missing"]) == (201, []), answer.text
    new = answer.json()["course_id"]
    admin = await world.admin()
    assert without_keys(opened(await export(admin, new))) == without_keys(opened(first))
    course = (await admin.get(f"/api/courses/courses/{new}/")).json()
    assert (course["is_published"], course["price"], course["category"]) == (False, "123.45", course["category"])
    contents = course["modules"][0]["contents"]
    assert [one["is_published"] for one in contents] == [True, True, True, False, True]
    sheet = (await admin.get(f"/api/courses/contents/{contents[4]['id']}/")).json()
    read = await admin.follow(sheet["playback"]["url"])
    assert read.text == "one, two"
    # each has its own: what becomes of one is nothing to the other
    assert (await admin.delete(f"/api/courses/courses/{new}/")).status_code == 204
    old = (await admin.get(f"/api/courses/courses/{made.course.id}/")).json()["modules"][0]["contents"][4]["id"]
    url = (await admin.get(f"/api/courses/contents/{old}/")).json()["playback"]["url"]
    assert (await admin.follow(url)).text == "one, two"


async def test_an_archive_says_nothing_of_students(sqlite_world: World) -> None:
    made = await rich(sqlite_world)
    text = json.dumps(opened(await export(made.teacher, made.course.id)))
    for name in ("id", "user_id", "enrollment_id", "created_at", "slug_"):
        assert f'"{name}"' not in text


async def test_what_is_not_here_is_said(sqlite_world: World) -> None:
    made = await rich(sqlite_world)
    archive = opened(await export(made.teacher, made.course.id))
    archive["modules"][0]["contents"][4]["media"]["ref"] = "contents/9/nowhere.txt"
    answer = await bring(sqlite_world, packed(archive))
    assert answer.status_code == 201, answer.text
    assert answer.json()["missing"] == [
        "modules.0.contents.4.media: the file sheet.txt is not here.",
        "modules.0.contents.4: not published, for no file has been uploaded.",
    ]
    archive["category"] = {"slug": "brand-new", "title": "Brand new"}
    new = (await bring(sqlite_world, packed(archive))).json()["course_id"]
    shown = (await (await sqlite_world.admin()).get(f"/api/courses/courses/{new}/")).json()
    assert shown["category_info"]["title"] == "Brand new"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"format": 2}, "format"),
        ({"title": ""}, "title"),
        ({"students": []}, "students"),
        ({"price_paise": -1}, "price_paise"),
        ({"language": "English"}, "language"),
        ({"content": {"content_type": "essay"}}, "modules.0.contents.0.content_type"),
        ({"content": {"quiz": {"passing_score": 200}}}, "modules.0.contents.0.quiz.passing_score"),
        ({"content": {"media": {"provider": "storage", "ref": "attachments/1/secret", "file_name": None,
                                "mime_type": None, "size_bytes": None}}}, "modules.0.contents.0.media"),
        ({"content": {"content_type": "document", "media": {"provider": "storage", "ref": "contents/../x",
          "file_name": None, "mime_type": None, "size_bytes": None}}}, "modules.0.contents.0.media"),
    ],
)  # fmt: skip
async def test_a_faulty_archive_makes_nothing(sqlite_world: World, change: dict[str, Any], field: str) -> None:
    made = await exam(sqlite_world)
    archive = opened(await export(made.teacher, made.course.id))
    archive["modules"][0]["contents"][0] |= change.pop("content", {})
    answer = await bring(sqlite_world, packed({**archive, **change}))
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["field"] == field, answer.text
    assert await sqlite_world.count("courses") == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"PK\x03\x04nothing", packed({}, "other.json"), packed(b"\xff\xfe"), packed("[" * 100_000)],
    ids=["nothing", "no zip", "another name", "no text", "brackets"],
)
async def test_what_is_no_archive_is_refused(sqlite_world: World, body: bytes) -> None:
    answer = await bring(sqlite_world, body)
    assert answer.status_code == 400, answer.text


async def test_an_archive_that_unpacks_without_end_is_refused(sqlite_world: World) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("course.json", b" " * (101 * 2**20))
    answer = await bring(sqlite_world, written.getvalue())
    assert (answer.status_code, "MiB" in answer.text) == (400, True), answer.text


async def test_only_staff_take_a_course_out_and_only_administrators_bring_one(sqlite_world: World) -> None:
    made = await exam(sqlite_world)
    other = await sqlite_world.person(Role.INSTRUCTOR)
    path = f"/api/courses/courses/{made.course.id}/archive/"
    assert [(await person.get(path)).status_code for person in (other, made.student)] == [403, 403]
    file = {"file": ("a.zip", await export(made.teacher, made.course.id), "application/zip")}
    assert (await made.teacher.call("POST", IMPORT, files=file)).status_code == 403
    assert await sqlite_world.count("audit_log", "action = 'course.imported'") == 0
    questions = (await made.teacher.get(f"{QUIZZES}{made.id}/")).json()["questions"]
    assert (await made.teacher.get(f"{QUESTIONS}{questions[0]['id']}/")).status_code == 200
