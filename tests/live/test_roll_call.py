"""Check-ins appear on the sockets of those who teach the class."""

import asyncio
from typing import Any

from lessons import Lesson, held
from live.rooms import Room


async def lesson_in(room: Room, *, students: int) -> Lesson:
    lesson = await held(room.world, students=students)
    await lesson.at(seconds=0)
    return lesson


def seen(frames: list[dict[str, Any]]) -> dict[int, str]:
    return {one["user_id"]: one["status"] for frame in frames for one in frame["records"]}


async def test_the_instructor_sees_who_checks_in(room: Room) -> None:
    lesson = await lesson_in(room, students=3)
    asha, ravi, meena = lesson.students
    teacher = await room.live.personal(lesson.teacher)
    student = await room.live.personal(asha)
    await room.host.log_in()
    other = await room.live.personal(room.host)
    assert (await lesson.check_in(asha)).status_code == 201
    told = await teacher.next("attendance")
    [record] = told["records"]
    assert (told["session_id"], told["counts"]) == (lesson.id, {"present": 1})
    assert (record["user_id"], record["status"], record["source"], record["is_flagged"]) == (
        asha.id, "present", "code", False,
    )  # fmt: skip
    await lesson.check_in(ravi, device=f"phone-of-{asha.id}")
    flagged = await teacher.next("attendance", where=lambda frame: frame["counts"] == {"present": 2})
    assert {one["user_id"]: one["is_flagged"] for one in flagged["records"]} == {asha.id: True, ravi.id: True}
    await lesson.mark((meena, "late"))
    await teacher.next("attendance", where=lambda frame: frame["counts"] == {"present": 2, "late": 1})
    await lesson.mark((meena, None))
    await teacher.next("attendance", where=lambda frame: frame["counts"] == {"present": 2})
    assert student.heard("attendance") == other.heard("attendance") == []


async def test_many_who_check_in_at_once_come_together(room: Room) -> None:
    lesson = await lesson_in(room, students=30)
    teacher = await room.live.personal(lesson.teacher)
    code = await lesson.code()
    await asyncio.gather(*(lesson.check_in(student, code) for student in lesson.students))
    # counts are those of the moment: a frame may count who is only named in the next one
    everybody = {student.id: "present" for student in lesson.students}
    await room.live.until(lambda: seen(teacher.heard("attendance")) == everybody)
    frames = teacher.heard("attendance")
    assert frames[-1]["counts"] == {"present": 30}
    assert len(frames) < 30


async def test_closing_tells_the_final_counts(room: Room) -> None:
    lesson = await lesson_in(room, students=2)
    teacher = await room.live.personal(lesson.teacher)
    await lesson.check_in(lesson.students[0])
    await lesson.do("close")
    await teacher.next("attendance", where=lambda frame: frame["counts"] == {"present": 1, "absent": 1})
