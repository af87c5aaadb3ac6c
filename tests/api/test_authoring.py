"""Making courses: who may, what is refused, what it takes to publish, pictures, order, and edits at the same time."""

import asyncio
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from adapters.sql.learning.catalogue import GOES_WITH, USED_BY
from adapters.sql.models import metadata
from core.actor import Role
from lessons import planned
from modules.learning.domain.catalogue import ContentType
from worlds import MadeCourse, Person, World

COURSES_URL = "/api/courses/courses/"
CONTENTS_URL = "/api/courses/contents/"
MODULES_URL = "/api/courses/modules/"
VIDEO: dict[str, Any] = {"video_url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ", "video_duration": 630}


def picture(kind: str = "JPEG", size: tuple[int, int] = (1600, 900), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **options)
    return out.getvalue()


async def send_picture(person: Person, course_id: int, data: bytes, name: str = "a.jpg", kind: str = "image/jpeg"):
    return await person.post(f"{COURSES_URL}{course_id}/thumbnail/", files={"file": (name, data, kind)})


async def staffed(world: World, **values: Any) -> tuple[MadeCourse, Person, Person]:
    """A course, its instructor and another one."""
    own, other = await world.person(Role.INSTRUCTOR), await world.person(Role.INSTRUCTOR)
    return await world.course(instructor=own, **values), own, other


def stored(world: World, where: str = "public") -> list[Path]:
    return [path for path in (world.house.settings.data_path / "media" / where).rglob("*") if path.is_file()]


# --- courses ---------------------------------------------------------------------------------------------------------


async def test_only_administrators_create_courses(world: World) -> None:
    body = {"title": "New", "price": "499.50", "level": "advanced", "language": "hi", "access_days": 30}
    for person in (None, await world.person(), await world.person(Role.INSTRUCTOR)):
        answer = await (person.post(COURSES_URL, body) if person else world.http.post(COURSES_URL, json=body))
        assert answer.status_code == (403 if person else 401)
    answer = await (await world.admin()).post(COURSES_URL, body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["price"], made["price_paise"], made["is_published"], made["version"]) == ("499.50", 49_950, False, 1)
    assert (made["level"], made["language"], made["access_days"], made["category"]) == ("advanced", "hi", 30, None)
    assert made["slug"].startswith("new-")


async def test_a_course_is_edited_by_admins_and_its_instructors_alone(world: World) -> None:
    course, own, other = await staffed(world)
    student, admin = await world.person(), await world.admin()
    address = f"{COURSES_URL}{course.id}/"
    for person, status in ((student, 403), (other, 403), (own, 200), (admin, 200)):
        assert (await person.patch(address, {"title": f"By {person.id}"})).status_code == status
        assert (await person.post(f"{address}publish/")).status_code == status
        module = await person.post(MODULES_URL, {"course_id": course.id, "title": "M"})
        assert module.status_code == (201 if status == 200 else status)
    assert (await world.http.patch(address, json={"title": "x"})).status_code == 401
    assert (await own.get(f"{address}instructors/")).json()["results"][0]["id"] == own.id
    assert (await other.get(f"{address}instructors/")).status_code == 404
    assert (await own.post(f"{address}instructors/", {"user_id": other.id})).status_code == 403


async def test_having_created_a_course_gives_no_rights(world: World) -> None:
    """An administrator who is made an instructor keeps none of the courses that stand under their name."""
    admin, maker = await world.admin(), await world.person(Role.ADMIN)
    made = (await maker.post(COURSES_URL, {"title": "Mine"})).json()
    address = f"{COURSES_URL}{made['id']}/"
    assert made["created_by_id"] == maker.id
    assert (await admin.patch(f"/api/accounts/users/{maker.id}/", {"role": "instructor"})).status_code == 200
    tokens = await world.house.workflows.logins.login(maker.email, "learn-by-doing-1", device="test")
    maker.token = tokens.access_token
    assert (await maker.patch(address, {"title": "Still mine"})).status_code == 403
    assert (await maker.get(address)).status_code == 404
    assert (await admin.post(f"{address}instructors/", {"user_id": maker.id})).status_code == 200
    assert (await maker.patch(address, {"title": "Mine again"})).status_code == 200
    assert (await admin.delete(f"{address}instructors/{maker.id}/")).status_code == 204
    assert (await maker.patch(address, {"title": "Still mine"})).status_code == 403
    assert (await admin.delete(f"{address}instructors/{maker.id}/")).status_code == 404


async def test_only_instructors_become_instructors(sqlite_world: World) -> None:
    course, admin = await sqlite_world.course(), await sqlite_world.admin()
    student = await sqlite_world.person()
    for user_id in (student.id, 999_999):
        answer = await admin.post(f"{COURSES_URL}{course.id}/instructors/", {"user_id": user_id})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "user_id")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": 5}, "title"),
        ({"title": "x", "price": "1.005"}, "price"),
        ({"title": "x", "price": 0.001}, "price"),
        ({"title": "x", "price": "-1"}, "price"),
        ({"title": "x", "price": -1}, "price"),
        ({"title": "x", "price": "ten"}, "price"),
        ({"title": "x", "price": "NaN"}, "price"),
        ({"title": "x", "price": "1e400000"}, "price"),
        ({"title": "x", "price": 10_000_000.01}, "price"),
        ({"title": "x", "price": None}, "price"),
        ({"title": "x", "price": True}, "price"),
        ({"title": "x", "level": "expert"}, "level"),
        ({"title": "x", "language": "English"}, "language"),
        ({"title": "x", "access_days": 0}, "access_days"),
        ({"title": "x", "slug": "No Slug"}, "slug"),
        ({"title": "x", "slug": "x" * 121}, "slug"),
        ({"title": "x", "category": "none-such"}, "category"),
        ({"title": "x", "is_published": True}, "is_published"),
        ({"title": "x", "colour": "red"}, "colour"),
    ],
)
async def test_a_wrong_course_is_a_400_that_names_the_field(sqlite_world: World, body: dict, field: str) -> None:
    answer = await (await sqlite_world.admin()).post(COURSES_URL, body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input"), answer.text
    assert field in {fault["field"] for fault in answer.json()["errors"]}
    assert await sqlite_world.count("courses") == 0


@pytest.mark.parametrize(("price", "paise"), [("499", 49_900), (499, 49_900), (499.5, 49_950), ("0.01", 1), (0.29, 29)])
async def test_a_price_is_a_string_or_a_number(sqlite_world: World, price: object, paise: int) -> None:
    admin = await sqlite_world.admin()
    made = (await admin.post(COURSES_URL, {"title": "x", "price": price})).json()
    assert made["price_paise"] == paise
    again = await admin.patch(f"{COURSES_URL}{made['id']}/", {"price": made["price"]})
    assert again.json()["price_paise"] == paise


async def test_what_was_read_may_be_sent_back_and_changes_nothing_of_the_rest(world: World) -> None:
    course, own, _ = await staffed(world)
    address = f"{COURSES_URL}{course.id}/"
    before = (await own.get(address)).json()
    forged = {"id": 1, "rating": 5.0, "enrolled_count": 99, "is_published": False, "created_by_id": own.id}
    answer = await own.patch(address, {**before, **forged, "price_paise": 1, "title": "Changed"})
    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert after == {**before, "title": "Changed", "version": before["version"] + 1}
    refused = await own.patch(address, {"title": "x", "colour": "red"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "colour")


async def test_slugs_are_unique(world: World) -> None:
    admin = await world.admin()
    first, second = [(await admin.post(COURSES_URL, {"title": "A", "slug": slug})).json() for slug in ("one", "two")]
    for answer in (
        await admin.post(COURSES_URL, {"title": "B", "slug": "one"}),
        await admin.patch(f"{COURSES_URL}{second['id']}/", {"slug": "one"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "slug_taken")
    assert (await admin.patch(f"{COURSES_URL}{first['id']}/", {"slug": "one"})).status_code == 200
    assert (await admin.post("/api/courses/categories/", {"title": "Spoken English"})).status_code == 201
    again = await admin.post("/api/courses/categories/", {"title": "Spoken English!"})
    assert (again.status_code, again.json()["code"]) == (409, "slug_taken")
    wrong = [
        await admin.post("/api/courses/categories/", body)
        for body in ({"title": "हिन्दी"}, {"title": "x", "slug": "x" * 81})
    ]
    assert [answer.json()["errors"][0]["field"] for answer in wrong] == ["slug", "slug"]


async def test_publishing_names_all_that_is_missing(world: World) -> None:
    admin = await world.admin()
    made = (await admin.post(COURSES_URL, {"title": "Bare"})).json()
    address = f"{COURSES_URL}{made['id']}/"
    answer = await admin.post(f"{address}publish/")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_publishable")
    assert [fault["field"] for fault in answer.json()["errors"]] == ["description", "category", "contents"]
    course = await world.course(publish=False, texts=0)
    draft = await world.text(course, publish=False)
    answer = await admin.post(f"{COURSES_URL}{course.id}/publish/")
    assert [fault["field"] for fault in answer.json()["errors"]] == ["contents"]
    assert (await admin.post(f"{CONTENTS_URL}{draft}/publish/")).json()["is_published"] is True
    published = await admin.post(f"{COURSES_URL}{course.id}/publish/")
    assert published.json()["is_published"] is True
    repeated = await admin.post(f"{COURSES_URL}{course.id}/publish/")
    assert repeated.json()["version"] == published.json()["version"]
    assert (await admin.post(f"{COURSES_URL}{course.id}/unpublish/")).json()["is_published"] is False


async def test_an_edit_of_an_old_version_is_refused(world: World) -> None:
    course, own, _ = await staffed(world)
    address = f"{COURSES_URL}{course.id}/"
    version = (await own.get(address)).json()["version"]
    for match in (f'"{version}"', f"{version + 1}", "*", f'W/"{version + 3}"'):
        assert (await own.patch(address, {"title": match}, headers={"If-Match": match})).status_code == 200
    stale = await own.patch(address, {"title": "Lost"}, headers={"If-Match": f'"{version}"'})
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    for match in ("latest", '"a3f"', "", "-1", "9" * 5000):
        assert (await own.patch(address, {"title": "x"}, headers={"If-Match": match})).status_code == 400


async def test_of_twenty_edits_of_the_same_version_one_wins(world: World) -> None:
    course, own, _ = await staffed(world, texts=1)
    for address in (
        f"{COURSES_URL}{course.id}/",
        f"{MODULES_URL}{course.module_id}/",
        f"{CONTENTS_URL}{course.content_ids[0]}/",
    ):
        # modules are read in the outline, which does not tell their version
        version = 1 if address.startswith(MODULES_URL) else (await own.get(address)).json()["version"]
        edits = (own.patch(address, {"title": f"T{n}"}, headers={"If-Match": str(version)}) for n in range(20))
        answers = await asyncio.gather(*edits)
        assert sorted(a.status_code for a in answers) == [200] + [409] * 19, address
        winner = next(a.json() for a in answers if a.status_code == 200)
        assert winner["version"] == version + 1


async def test_a_used_course_cannot_be_deleted(world: World) -> None:
    course, own, other = await staffed(world)
    await world.enrol(await world.person(), course)
    assert (await other.delete(f"{COURSES_URL}{course.id}/")).status_code == 403
    answer = await own.delete(f"{COURSES_URL}{course.id}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")
    ordered, student = await world.course(), await world.person()
    await world.order(student, ordered)
    assert (await (await world.admin()).delete(f"{COURSES_URL}{ordered.id}/")).status_code == 409
    unused, own, _ = await staffed(world)
    assert (await own.delete(f"{COURSES_URL}{unused.id}/")).status_code == 204
    assert (await own.get(f"{COURSES_URL}{unused.id}/")).status_code == 404
    assert await world.count("contents", f"course_id = {unused.id}") == 0


async def test_whatever_names_a_course_keeps_it_or_goes_with_it() -> None:
    """A table that is added later must say which: else deleting a course would be a fault of ours."""
    known = {one.name for one in (*USED_BY, *GOES_WITH)}
    # rows of these are there only for who is enrolled, has paid, or leads a class of it
    known |= {"reviews", "certificates", "instalment_agreements", "attendance_records", "attendance_excuses"}
    known |= {"attendance_warnings", "notices"}
    naming = {
        table.name
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if key.target_fullname == "courses.id"
    }
    assert naming <= known


async def test_planned_classes_go_with_their_course(world: World) -> None:
    teacher = await world.person(Role.INSTRUCTOR)
    course = await world.course(instructor=teacher)
    weekly = {"starts_at": (world.clock.now() + timedelta(days=1)).isoformat(), "recurrence": "FREQ=DAILY;COUNT=3"}
    await planned(world, course, teacher, **weekly)
    statuses = [
        {"code": "here", "title": "Here", "points": 1, "given": "on_time"},
        {"code": "gone", "title": "Gone", "points": 0, "given": "absent"},
    ]
    await teacher.post("/api/attendance/status-sets/", {"course_id": course.id, "title": "Own", "statuses": statuses})
    assert (await teacher.delete(f"{COURSES_URL}{course.id}/")).status_code == 204
    assert await world.count("class_sessions") == await world.count("attendance_status_sets") == 0


async def test_a_course_in_a_bundle_or_with_a_share_cannot_be_deleted(world: World) -> None:
    teacher, admin = await world.person(Role.INSTRUCTOR), await world.admin()
    courses = [await world.course(instructor=teacher) for _ in range(3)]
    bundle = {"title": "Two", "price": "10.00", "course_ids": [course.id for course in courses[:2]]}
    assert (await admin.post("/api/payments/bundles/", bundle)).status_code == 201
    share = await admin.call("PUT", f"/api/payments/shares/{courses[2].id}/{teacher.id}/", json={"percent": 10})
    assert share.status_code == 200
    for course in courses:
        assert (await teacher.delete(f"{COURSES_URL}{course.id}/")).json()["code"] == "in_use"


async def test_a_deleted_course_takes_its_picture_along(sqlite_world: World) -> None:
    course, own, _ = await staffed(sqlite_world)
    assert (await send_picture(own, course.id, picture())).status_code == 200
    assert (await own.delete(f"{COURSES_URL}{course.id}/")).status_code == 204
    assert stored(sqlite_world) == []


async def test_a_course_with_an_import_cannot_be_deleted(world: World) -> None:
    admin, course = await world.admin(), await world.course()
    rows = {"file": ("s.csv", b"email\nnobody@example.com\n", "text/csv")}
    assert (await admin.post(f"{COURSES_URL}{course.id}/enrollments/import/", files=rows)).status_code == 202
    await world.settle()
    assert (await admin.delete(f"{COURSES_URL}{course.id}/")).status_code == 409


# --- thumbnails ------------------------------------------------------------------------------------------------------


async def test_a_thumbnail_is_encoded_anew_without_what_the_camera_hid(sqlite_world: World) -> None:
    course, own, _ = await staffed(sqlite_world)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "CANARY-CAMERA"  # turned by 90 degrees
    exif.get_ifd(0x8825)[2] = (28.0, 36.0, 50.0)
    answer = await send_picture(own, course.id, picture(exif=exif) + b"<script>CANARY</script>")
    assert answer.status_code == 200, answer.text
    address = answer.json()["thumbnail"]
    assert address.startswith("http://testserver/media/thumbnails/")
    served = await sqlite_world.http.get(address)
    assert (served.status_code, served.headers["content-type"]) == (200, "image/webp")
    assert b"CANARY" not in served.content
    with Image.open(io.BytesIO(served.content)) as shown:
        assert (shown.format, dict(shown.getexif())) == ("WEBP", {})
        assert shown.height == 720  # upright
        assert shown.width < shown.height


async def test_a_replaced_or_removed_thumbnail_leaves_no_file(sqlite_world: World) -> None:
    course, own, other = await staffed(sqlite_world)
    first = (await send_picture(own, course.id, picture())).json()["thumbnail"]
    second = (await send_picture(own, course.id, picture("PNG", (10, 10)), "a.png", "image/png")).json()["thumbnail"]
    assert first != second
    assert len(stored(sqlite_world)) == 1
    assert (await sqlite_world.http.get(first)).status_code == 404
    assert (await send_picture(other, course.id, picture())).status_code == 403
    assert len(stored(sqlite_world)) == 1
    gone = await own.delete(f"{COURSES_URL}{course.id}/thumbnail/")
    assert (gone.status_code, gone.json()["thumbnail"], stored(sqlite_world)) == (200, None, [])


def bomb() -> bytes:
    """A PNG of a few kilobytes with 100 megapixels."""
    out = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(out, "PNG", optimize=True)
    return out.getvalue()


def chatty() -> bytes:
    info = PngInfo()
    info.add_text("Comment", "x" * 5 * 2**20, zip=False)
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG", pnginfo=info)
    return out.getvalue()


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"<html><script>alert(1)</script></html>", 400),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 400),
        (b"GIF89a/*" + picture() + b"*/=1;alert(1)", 400),
        (b"%PDF-1.4\n" + picture(), 400),
        (picture("GIF"), 400),
        (picture("BMP", (10, 10)), 400),
        (picture()[:200], 400),
        (b"", 400),
        (bomb(), 400),
        (chatty(), 413),
        (b"x" * 7 * 2**20, 413),
    ],
    ids=["html", "svg", "gifjs", "pdf", "gif", "bmp", "cut", "empty", "bomb", "5MiB", "7MiB"],
)
async def test_what_is_no_picture_is_refused(sqlite_world: World, data: bytes, status: int) -> None:
    course, own, _ = await staffed(sqlite_world)
    answer = await send_picture(own, course.id, data)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert stored(sqlite_world) == []


async def test_a_thumbnail_comes_as_a_form(sqlite_world: World) -> None:
    course, own, _ = await staffed(sqlite_world)
    address = f"{COURSES_URL}{course.id}/thumbnail/"
    for options in ({"json": {"file": "x"}}, {"files": {"picture": ("a.jpg", picture())}}, {"data": {"file": "x"}}, {}):
        answer = await own.call("POST", address, **options)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "file"), answer.text


# --- modules and contents --------------------------------------------------------------------------------------------


async def test_modules_and_contents_come_change_and_go(world: World) -> None:
    course, own, other = await staffed(world, texts=0, publish=False)
    made = await own.post(MODULES_URL, {"course_id": course.id, "title": "Two"})
    assert (made.status_code, made.json()["order"]) == (201, 2)
    assert made.json().keys() == {"id", "course_id", "title", "description", "order", "version"}
    module = made.json()["id"]
    renamed = await own.patch(f"{MODULES_URL}{module}/", {**made.json(), "title": "Zwei"})
    assert (renamed.json()["title"], renamed.json()["version"]) == ("Zwei", 2)
    body = {"module_id": module, "title": "Hi", "content_type": "text", "text_content": "# Hi"}
    content = await own.post(CONTENTS_URL, body)
    assert content.status_code == 201, content.text
    id_ = content.json()["id"]
    assert (await own.delete(f"{MODULES_URL}{module}/")).json()["code"] == "in_use"
    moved = await own.patch(f"{CONTENTS_URL}{id_}/", {"module_id": course.module_id})
    assert moved.json()["module_id"] == course.module_id
    assert (await own.delete(f"{MODULES_URL}{module}/")).status_code == 204
    foreign, _, _ = await staffed(world)
    assert (await own.patch(f"{CONTENTS_URL}{id_}/", {"module_id": foreign.module_id})).status_code == 403
    for answer in (
        await other.patch(f"{CONTENTS_URL}{id_}/", {"title": "x"}),
        await other.delete(f"{CONTENTS_URL}{id_}/"),
        await other.post(CONTENTS_URL, body | {"module_id": course.module_id}),
        await other.post(f"{CONTENTS_URL}{id_}/publish/"),
        await other.delete(f"{MODULES_URL}{course.module_id}/"),
    ):
        assert answer.status_code == 403, answer.text
    assert (await own.delete(f"{CONTENTS_URL}{id_}/")).status_code == 204
    assert (await own.get(f"{CONTENTS_URL}{id_}/")).status_code == 404


async def test_a_content_with_progress_cannot_be_deleted(world: World) -> None:
    course, own, _ = await staffed(world)
    student, first = await world.person(), course.content_ids[0]
    await world.enrol(student, course)
    report = {"content_id": first, "last_position": 0, "time_spent": 1}
    assert (await student.post("/api/courses/progress/update/", report)).status_code == 200
    answer = await own.delete(f"{CONTENTS_URL}{first}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_use")


async def test_a_new_order_names_each_once(world: World) -> None:
    course, own, other = await staffed(world)
    foreign = await world.course(texts=1)
    a, b, c = course.content_ids
    address = f"{MODULES_URL}{course.module_id}/contents/reorder/"
    for ids in ([a, b], [a, b, b], [a, b, c, c], [a, b, foreign.content_ids[0]], [a, b, c, 999_999], []):
        assert (await own.post(address, {"ids": ids})).status_code == 400, ids
    assert (await other.post(address, {"ids": [c, a, b]})).status_code == 403
    assert (await own.post(address, {"ids": [c, a, b]})).status_code == 204
    second = (await own.post(MODULES_URL, {"course_id": course.id, "title": "Two"})).json()["id"]
    modules = f"{COURSES_URL}{course.id}/modules/reorder/"
    assert (await own.post(modules, {"ids": [second]})).status_code == 400
    assert (await own.post(modules, {"ids": [second, course.module_id]})).status_code == 204
    shown = (await own.get(f"{COURSES_URL}{course.id}/")).json()["modules"]
    assert [(module["id"], module["order"]) for module in shown] == [(second, 1), (course.module_id, 2)]
    assert [(one["id"], one["order"]) for one in shown[1]["contents"]] == [(c, 1), (a, 2), (b, 3)]


async def test_every_change_of_the_outline_changes_the_course_s_version(world: World) -> None:
    course, own, _ = await staffed(world)
    address, first = f"{COURSES_URL}{course.id}/", course.content_ids[0]
    version = (await own.get(address)).json()["version"]
    module = (await own.post(MODULES_URL, {"course_id": course.id, "title": "M"})).json()["id"]
    text = {"module_id": module, "title": "T", "content_type": "text"}
    for answer in (
        await own.patch(f"{MODULES_URL}{module}/", {"title": "N"}),
        await own.post(CONTENTS_URL, text),
        await own.patch(f"{CONTENTS_URL}{first}/", {"title": "N"}),
        await own.post(f"{CONTENTS_URL}{first}/unpublish/"),
        await own.post(f"{COURSES_URL}{course.id}/modules/reorder/", {"ids": [module, course.module_id]}),
        await own.delete(f"{CONTENTS_URL}{course.content_ids[1]}/"),
    ):
        assert answer.is_success, answer.text
    assert (await own.get(address)).json()["version"] == version + 7


async def test_a_published_content_stays_complete(world: World) -> None:
    course, own, _ = await staffed(world)
    text = course.content_ids[0]
    film = await world.content(course, ContentType.VIDEO, **VIDEO)
    for id_, changes, field in (
        (text, {"text_content": " "}, "text_content"),
        (film, {"video_url": None}, "video_url"),
        (film, {"video_duration": None}, "video_duration"),
    ):
        answer = await own.patch(f"{CONTENTS_URL}{id_}/", changes)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_publishable")
        assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert (await own.get(f"{CONTENTS_URL}{film}/")).json()["video_duration"] == 630
    bare = await own.post(CONTENTS_URL, {"module_id": course.module_id, "title": "F", "content_type": "video"})
    answer = await own.post(f"{CONTENTS_URL}{bare.json()['id']}/publish/")
    assert [fault["field"] for fault in answer.json()["errors"]] == ["video_url", "video_duration"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"content_type": "game"}, "content_type"),
        ({"content_type": "text", "video_url": VIDEO["video_url"]}, "video_url"),
        ({"content_type": "document", "video_url": VIDEO["video_url"]}, "video_url"),
        ({"content_type": "text", "video_duration": 5}, "video_duration"),
        ({"content_type": "video", "video_duration": 0}, "video_duration"),
        ({"content_type": "video", "video_duration": 86_401}, "video_duration"),
        ({"content_type": "text", "available_after_days": -1}, "available_after_days"),
        ({"content_type": "text", "is_published": True}, "is_published"),
        ({"content_type": "text", "title": ""}, "title"),
        ({"content_type": "text", "text_content": "x" * 200_001}, "text_content"),
    ],
)
async def test_a_wrong_content_is_a_400_that_names_the_field(sqlite_world: World, body: dict, field: str) -> None:
    course, own, _ = await staffed(sqlite_world, texts=0, publish=False)
    answer = await own.post(CONTENTS_URL, {"module_id": course.module_id, "title": "x", **body})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field), answer.text
    assert await sqlite_world.count("contents") == 0
