"""Notes and bookmarks: one's own, on what one may open."""

from typing import Any

import pytest

from core.actor import Role
from worlds import PASSWORD, World

NOTES, BOOKMARKS = "/api/courses/notes/", "/api/courses/bookmarks/"
NOTE_KEYS = {
    "id", "content_id", "content", "course_id", "position", "text", "created_at", "updated_at", "version",
}  # fmt: skip


async def test_a_note_is_kept_changed_and_thrown_away(world: World) -> None:
    course, student = await world.course(), await world.person()
    await world.enrol(student, course)
    body = {"content_id": course.content_ids[1], "text": "Ask *why*.", "position": 75}
    key = {"Idempotency-Key": "n1"}
    made = [await student.post(NOTES, body, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    note = made[0].json()
    assert note.keys() == NOTE_KEYS
    assert (note["position"], note["content"]["title"], note["course_id"]) == (75, "Text 2", course.id)
    other = (await student.post(NOTES, {"content_id": course.content_ids[0], "text": "First"})).json()
    assert (await student.get(NOTES)).json()["results"] == [other, note]
    only = await student.get(NOTES, params={"content_id": course.content_ids[1], "course_id": course.id})
    assert only.json()["results"] == [note]
    changed = await student.patch(f"{NOTES}{note['id']}/", {**note, "text": "I know."}, headers={"If-Match": '"1"'})
    assert (changed.json()["text"], changed.json()["version"]) == ("I know.", 2)
    stale = await student.patch(f"{NOTES}{note['id']}/", {"text": "x"}, headers={"If-Match": '"1"'})
    assert stale.json()["code"] == "version_conflict"
    assert (await student.delete(f"{NOTES}{note['id']}/")).status_code == 204
    assert (await student.get(NOTES)).json()["results"] == [other]


async def test_nobody_else_sees_a_note(sqlite_world: World) -> None:
    course, student, other = await sqlite_world.course(), await sqlite_world.person(), await sqlite_world.person()
    for person in (student, other):
        await sqlite_world.enrol(person, course)
    note = (await student.post(NOTES, {"content_id": course.content_ids[1], "text": "Mine"})).json()
    for person in (other, await sqlite_world.admin()):
        assert (await person.get(NOTES)).json()["results"] == []
        assert (await person.patch(f"{NOTES}{note['id']}/", {"text": "x"})).status_code == 404
        assert (await person.delete(f"{NOTES}{note['id']}/")).status_code == 404


async def test_what_cannot_be_opened_cannot_be_noted(sqlite_world: World) -> None:
    course, student = await sqlite_world.course(), await sqlite_world.person()
    locked = await sqlite_world.text(course, title="Later", available_after_days=30)
    preview, second = course.content_ids[:2]

    async def codes(content_id: int) -> list[str]:
        calls = [
            await student.post(NOTES, {"content_id": content_id, "text": "x"}),
            await student.call("PUT", f"/api/courses/contents/{content_id}/bookmark/", json={}),
        ]
        return [answer.json()["code"] if answer.status_code >= 400 else "" for answer in calls]

    assert await codes(preview) == ["", ""]
    assert await codes(second) == ["not_enrolled"] * 2
    assert await codes(987_654) == ["not_found"] * 2
    enrolled = await sqlite_world.enrol(student, course)
    assert await codes(second) == ["", ""]
    assert await codes(locked) == ["content_locked"] * 2
    await (await sqlite_world.admin()).patch(f"/api/courses/enrollments/{enrolled}/", {"is_active": False})
    assert await codes(second) == ["enrolment_expired"] * 2
    assert len((await student.get(NOTES)).json()["results"]) == 2  # what was noted stays one's own


async def test_bookmarks_are_set_moved_and_listed(world: World) -> None:
    course, student = await world.course(), await world.person()
    await world.enrol(student, course)
    for n, content_id in enumerate(course.content_ids):
        answer = await student.call("PUT", f"/api/courses/contents/{content_id}/bookmark/", json={"position": n})
        assert answer.status_code == 204, answer.text
    await student.call("PUT", f"/api/courses/contents/{course.content_ids[0]}/bookmark/", json={"position": 99})
    first = (await student.get(BOOKMARKS, params={"limit": 2})).json()
    assert [(one["content_id"], one["position"]) for one in first["results"]] == [
        (course.content_ids[0], 99), (course.content_ids[2], 2),
    ]  # fmt: skip
    rest = (await student.get(BOOKMARKS, params={"limit": 2, "cursor": first["next_cursor"]})).json()
    assert [one["content_id"] for one in rest["results"]] == [course.content_ids[1]]
    for _ in range(2):
        gone = await student.delete(f"/api/courses/contents/{course.content_ids[1]}/bookmark/")
        assert gone.status_code == 204
    listed = (await student.get(BOOKMARKS, params={"course_id": course.id})).json()["results"]
    assert len(listed) == 2


async def test_an_erased_account_leaves_no_notes(world: World) -> None:
    course, student = await world.course(), await world.person()
    await world.enrol(student, course)
    await student.post(NOTES, {"content_id": course.content_ids[0], "text": "Mine"})
    await student.call("PUT", f"/api/courses/contents/{course.content_ids[0]}/bookmark/", json={})
    assert "Mine" in (await student.get("/api/accounts/me/export/")).text
    gone = await student.call("DELETE", "/api/accounts/me/", json={"password": PASSWORD})
    assert gone.status_code == 204, gone.text
    assert [await world.count(table) for table in ("content_notes", "bookmarks")] == [0, 0]


@pytest.mark.parametrize("body", [{"text": ""}, {"text": " \n"}, {"text": "x" * 10_001}, {"text": "x", "position": -1}])
async def test_an_empty_or_endless_note_is_refused(sqlite_world: World, body: dict[str, Any]) -> None:
    course = await sqlite_world.course()
    admin = await sqlite_world.admin()
    answer = await admin.post(NOTES, {"content_id": course.content_ids[0], **body})
    assert answer.status_code == 400, answer.text


async def test_a_content_with_notes_of_students_is_not_deleted(world: World) -> None:
    teacher, student = await world.person(Role.INSTRUCTOR), await world.person()
    course = await world.course(instructor=teacher)
    await world.enrol(student, course)
    content_id = course.content_ids[1]
    await student.call("PUT", f"/api/courses/contents/{content_id}/bookmark/", json={})
    note = (await student.post(NOTES, {"content_id": content_id, "text": "Mine"})).json()
    refused = await teacher.delete(f"/api/courses/contents/{content_id}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    await student.delete(f"{NOTES}{note['id']}/")
    assert (await teacher.delete(f"/api/courses/contents/{content_id}/")).status_code == 204
    assert await world.count("bookmarks") == 0
