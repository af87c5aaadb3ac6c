"""Certificates: issued once, verified without us, checked by anybody, revoked."""

import asyncio
from typing import Any

import jwt
import pytest
import zxingcpp
from jwt import PyJWKSet
from pypdfium2 import PdfDocument

from core.actor import Role
from quizzes import Exam, answers, exam
from worlds import PASSWORD, Person, World

CERTIFICATES = "/api/courses/certificates/"
UPDATE = "/api/courses/progress/update/"
KEYS = {
    "id", "number", "status", "student_name", "course", "completed_at", "issued_at", "score", "key_id", "token", "url",
    "pdf_url", "revoked_at", "revoke_reason",
}  # fmt: skip


async def read_all(person: Person, made: Exam) -> None:
    for id_ in made.course.content_ids:
        body = {"content_id": id_, "last_position": 0, "time_spent": 1, "is_completed": True}
        assert (await person.post(UPDATE, body)).status_code == 200


async def mine(person: Person) -> list[dict[str, Any]]:
    return (await person.get(CERTIFICATES)).json()["results"]


async def certified(world: World, **settings: Any) -> tuple[Exam, dict[str, Any]]:
    made = await exam(world, **settings)
    await read_all(made.student, made)
    attempt = await made.start()
    await made.submit(attempt, answers(attempt))
    (certificate,) = await mine(made.student)
    return made, certificate


async def test_a_completed_course_gives_a_certificate_that_anybody_checks(world: World) -> None:
    made, certificate = await certified(world)
    assert certificate.keys() == KEYS
    assert (certificate["status"], certificate["student_name"], certificate["score"]) == ("valid", "Ravi K", 100.0)
    assert certificate["course"]["title"] == "Spoken English"
    checked = await world.http.get(f"{CERTIFICATES}{certificate['number']}/")
    assert checked.json() == certificate
    typed = certificate["number"].replace("-", "").lower().replace("0", "o")
    assert (await world.http.get(f"{CERTIFICATES}{typed}/")).json() == certificate
    for number in ("0000-0000-0000", "nonsense", "x" * 300):
        answer = await world.http.get(f"{CERTIFICATES}{number}/")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    page = await world.http.get(f"/certificates/{certificate['number']}/")
    assert page.status_code == 200
    assert "genuine" in page.text
    assert "Ravi K" in page.text
    assert (await world.http.get("/certificates/none/")).status_code == 404
    await world.settle()
    told = (await made.student.get("/api/community/notifications/")).json()["results"]
    assert [one["notification_type"] for one in told] == ["certificate_issued"]


async def test_the_signature_verifies_without_us(sqlite_world: World) -> None:
    _, certificate = await certified(sqlite_world)
    published = (await sqlite_world.http.get(f"{CERTIFICATES}keys/")).json()
    keys = PyJWKSet.from_dict(published)
    key = keys[jwt.get_unverified_header(certificate["token"])["kid"]]
    said = jwt.decode(certificate["token"], key, algorithms=["EdDSA"])
    assert (said["jti"], said["student"]) == (certificate["number"], "Ravi K")
    assert said["course"] == certificate["course"]
    assert said["iss"] == sqlite_world.house.settings.public_base_url
    head, body, signature = certificate["token"].split(".")
    for forged in (f"{head}.{body[:-2]}AA.{signature}", f"{head}.{body}.{signature[:-4]}AAAA"):
        with pytest.raises(jwt.InvalidTokenError):
            jwt.decode(forged, key, algorithms=["EdDSA"])
    # and it is no way in
    refused = await sqlite_world.http.get(
        "/api/accounts/me/", headers={"Authorization": f"Bearer {certificate['token']}"}
    )
    assert refused.status_code == 401


async def test_it_is_printed_with_a_code_that_leads_back(sqlite_world: World) -> None:
    _, certificate = await certified(sqlite_world)
    printed = await sqlite_world.http.get(certificate["pdf_url"].removeprefix("http://testserver"))
    assert (printed.status_code, printed.headers["content-type"]) == (200, "application/pdf")
    assert printed.content.startswith(b"%PDF-")
    again = await asyncio.gather(
        *[sqlite_world.http.get(f"{CERTIFICATES}{certificate['number']}/pdf/") for _ in range(5)]
    )
    assert {len(answer.content) for answer in again} == {len(printed.content)}
    with PdfDocument(printed.content) as document:
        assert len(document) == 1
        page = document[0].render(scale=2).to_pil()
        text = document[0].get_textpage().get_text_bounded()
    assert [code.text for code in zxingcpp.read_barcodes(page)] == [certificate["url"]]
    for told in ("Ravi K", "Spoken English", certificate["number"]):
        assert told in text


async def test_names_of_any_script_are_printed(sqlite_world: World) -> None:
    made = await exam(sqlite_world)
    await made.student.patch("/api/accounts/me/", {"full_name": "क्षितिज शर्मा " + "राव " * 20})
    await read_all(made.student, made)
    attempt = await made.start()
    await made.submit(attempt, answers(attempt))
    (certificate,) = await mine(made.student)
    assert certificate["student_name"].startswith("क्षितिज")
    printed = await sqlite_world.http.get(f"{CERTIFICATES}{certificate['number']}/pdf/")
    assert printed.status_code == 200


async def test_it_is_issued_once_however_often_the_course_is_completed(world: World) -> None:
    made = await exam(world, texts=3)
    attempt = await made.start()
    await made.submit(attempt, answers(attempt))
    await asyncio.gather(*[read_all(made.student, made) for _ in range(5)])
    (certificate,) = await mine(made.student)
    again = await made.start()
    await made.submit(again, [])
    assert await mine(made.student) == [certificate]
    assert await world.count("certificates") == 1


async def test_a_minimum_score_is_asked_of_all_quizzes(world: World) -> None:
    made = await exam(world, passing_score=0, show_answers="never")
    settings = {"certificate_min_score": 60}
    changed = await made.teacher.patch(f"/api/courses/courses/{made.course.id}/", settings)
    assert changed.json()["certificate_min_score"] == 60
    await read_all(made.student, made)
    attempt = await made.start()
    done = await made.submit(attempt, answers(attempt)[:1])
    assert (done["score"], done["progress_percentage"]) == (18.2, 100.0)
    assert await mine(made.student) == []
    attempt = await made.start()
    await made.submit(attempt, answers(attempt)[1:])  # 9 of 11
    (certificate,) = await mine(made.student)
    assert certificate["score"] == 81.8


async def test_a_course_may_give_none(sqlite_world: World) -> None:
    made = await exam(sqlite_world)
    await made.teacher.patch(f"/api/courses/courses/{made.course.id}/", {"has_certificate": False})
    await read_all(made.student, made)
    attempt = await made.start()
    await made.submit(attempt, answers(attempt))
    assert await mine(made.student) == []


async def test_what_it_says_stays_when_the_world_changes(sqlite_world: World) -> None:
    made, certificate = await certified(sqlite_world)
    await made.student.patch("/api/accounts/me/", {"full_name": "Somebody Else"})
    await made.teacher.patch(f"/api/courses/courses/{made.course.id}/", {"title": "Another title"})
    assert await mine(made.student) == [certificate]


async def test_a_revoked_certificate_says_so(world: World) -> None:
    made, certificate = await certified(world)
    path = f"{CERTIFICATES}{certificate['number']}/"
    other = await world.person(Role.INSTRUCTOR)
    assert (await other.post(f"{path}revoke/", {"reason": "x"})).status_code == 403
    assert (await made.student.post(f"{path}revoke/", {"reason": "x"})).status_code == 403
    revoked = await made.teacher.post(f"{path}revoke/", {"reason": "Somebody else sat the quiz."})
    assert revoked.status_code == 200, revoked.text
    again = await made.teacher.post(f"{path}revoke/", {"reason": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "already_revoked")
    shown = (await world.http.get(path)).json()
    assert (shown["status"], shown["revoke_reason"]) == ("revoked", "Somebody else sat the quiz.")
    assert shown["token"] == certificate["token"]
    page = await world.http.get(f"/certificates/{certificate['number']}/")
    assert "revoked" in page.text
    assert "genuine" not in page.text
    assert (await world.http.get(f"{path}pdf/")).status_code == 200
    attempt = await made.start()
    await made.submit(attempt, answers(attempt))
    assert len(await mine(made.student)) == 1  # it is not simply issued again


async def test_staff_list_the_certificates_of_a_course(world: World) -> None:
    made, certificate = await certified(world)
    listed = await made.teacher.get(CERTIFICATES, params={"course_id": made.course.id})
    assert listed.json()["results"] == [certificate]
    assert (await made.student.get(CERTIFICATES, params={"course_id": made.course.id})).status_code == 404
    assert await mine(made.teacher) == []


async def test_an_erased_student_is_named_nowhere(world: World) -> None:
    made, certificate = await certified(world)
    gone = await made.student.call("DELETE", "/api/accounts/me/", json={"password": PASSWORD})
    assert gone.status_code == 204
    assert (await world.http.get(f"{CERTIFICATES}{certificate['number']}/")).status_code == 404
    assert (await world.http.get(f"/certificates/{certificate['number']}/")).status_code == 404
    assert await world.count("certificates", "student_name = '' AND token = ''") == 1
