"""The chatbot: what it finds, quotes and refuses, and that it never tells what somebody may not open."""

import asyncio
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import docx
import httpx
import pytest
from fpdf import FPDF
from sqlalchemy import text as sql
from structlog.testing import capture_logs

from core.actor import Role
from modules.learning.domain.catalogue import ContentType
from quizzes import exam
from worlds import PASSWORD, MadeCourse, Person, World

CONVERSATIONS = "/api/chatbot/conversations/"
TENSES = """
# The present perfect

Use *have* or *has* with the third form of the verb. We use the present perfect for what happened at an unknown time.

## With since and for

Use **since** with a point in time and **for** with a length of time. *I have lived in Pune since 2019.*
"""
ARTICLES = "# Articles\n\nUse *an* before a vowel sound: an hour, an apple. Use *a* before a consonant sound."
HINDI = "# समय\n\nजब काम अभी चल रहा हो तब present continuous का प्रयोग करते हैं। जैसे: I am reading."
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
CANARY = "zanzibarquokka"


async def lesson(world: World, course: MadeCourse, text: str, title: str, **more: Any) -> int:
    made = await world.content(course, ContentType.TEXT, text_content=text, title=title, **more)
    course.content_ids.append(made)
    return made


async def school(world: World) -> tuple[MadeCourse, Person]:
    teacher = await world.person(Role.INSTRUCTOR)
    course = await world.course(texts=0, instructor=teacher, publish=False)
    for text, title in ((TENSES, "Tenses"), (ARTICLES, "A and an"), (HINDI, "समय")):
        await lesson(world, course, text, title)
    await world.house.workflows.authoring.publish((await world.admin()).actor, course.id)
    student = await world.person()
    await world.enrol(student, course)
    await world.settle()
    return course, student


async def begun(person: Person, course: MadeCourse, **more: Any) -> int:
    answer = await person.post(CONVERSATIONS, {"course_id": course.id, **more})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


async def asked(person: Person, conversation: int, question: str) -> httpx.Response:
    return await person.post(f"{CONVERSATIONS}{conversation}/messages/", {"question": question})


async def answered(person: Person, conversation: int, question: str) -> dict[str, Any]:
    answer = await asked(person, conversation, question)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_answer_quotes_the_lesson_and_says_where(world: World) -> None:
    course, student = await school(world)
    conversation = await begun(student, course)
    found = await answered(student, conversation, "When do I use since and for?")
    assert (found["role"], found["kind"], found["mode"]) == ("assistant", "answer", "retrieval")
    assert "Use since with a point in time and for with a length of time." in found["content"]
    [citation] = found["citations"]
    assert (citation["number"], citation["content_id"], citation["title"]) == (1, course.content_ids[0], "Tenses")
    assert (citation["page"], citation["second"]) == (None, None)
    assert citation["snippet"] in found["content"]
    assert found["content"].endswith("[1]")
    shown = (await student.get(f"{CONVERSATIONS}{conversation}/")).json()
    assert (shown["title"], shown["message_count"]) == ("When do I use since and for?", 2)


async def test_questions_in_hindi_and_in_both_languages_are_answered(world: World) -> None:
    course, student = await school(world)
    conversation = await begun(student, course)
    for question in ("present continuous का प्रयोग कब करते हैं?", "काम अभी चल रहा है तो क्या प्रयोग करें?"):
        found = await answered(student, conversation, question)
        assert (found["kind"], found["citations"][0]["title"]) == ("answer", "समय"), question
        assert "present continuous का प्रयोग करते हैं।" in found["content"]


async def test_what_the_course_does_not_say_it_does_not_answer(world: World) -> None:
    course, student = await school(world)
    conversation = await begun(student, course)
    found = await answered(student, conversation, "How do I cook biryani with perfect rice?")
    assert (found["kind"], found["citations"]) == ("no_answer", [])
    assert [one["title"] for one in found["nearest"]] == ["Tenses"]


async def test_a_question_goes_on_from_the_one_before(world: World) -> None:
    course, student = await school(world)
    conversation = await begun(student, course)
    await answered(student, conversation, "Which article stands before a vowel sound?")
    found = await answered(student, conversation, "And before the others?")
    assert (found["kind"], found["citations"][0]["title"]) == ("answer", "A and an")


async def test_what_is_unpublished_or_changed_is_found_no_longer(world: World) -> None:
    course, student = await school(world)
    conversation, admin = await begun(student, course), (await world.admin()).actor
    tenses, do = course.content_ids[0], world.house.workflows.outlining
    await do.edit_content(admin, tenses, {"text_content": "# Tenses\n\nNothing is left here."})
    await world.settle()
    assert (await answered(student, conversation, "When do I use since and for?"))["kind"] == "no_answer"
    await do.set_published(admin, course.content_ids[1], is_published=False)
    assert await world.count("assistant_passages", f"content_id = {course.content_ids[1]}") == 0  # at once
    assert (await answered(student, conversation, "What stands before a vowel sound?"))["kind"] == "no_answer"
    await do.set_published(admin, course.content_ids[1], is_published=True)
    await world.settle()
    assert (await answered(student, conversation, "What stands before a vowel sound?"))["kind"] == "answer"


async def test_the_sweep_finds_what_no_event_told_of(world: World) -> None:
    course, _ = await school(world)
    async with world.house.database.transaction() as transaction:
        await transaction.execute(sql("DELETE FROM assistant_contents"))
        await transaction.execute(sql("DELETE FROM assistant_passages"))
    assert await world.house.workflows.indexing.sweep() == len(course.content_ids)
    assert await world.count("assistant_passages") == 3
    assert await world.house.workflows.indexing.sweep() == 0


async def secretive(world: World) -> tuple[MadeCourse, Person]:
    """A word that stands in one lesson alone, which is not open yet, and in a draft."""
    course, student = await school(world)
    hidden = f"# The secret\n\nThe password of the treasure is {CANARY} and nothing else."
    await lesson(world, course, hidden, f"Drip {CANARY}", available_after_days=7)
    await world.content(course, ContentType.TEXT, publish=False, text_content=hidden, title=f"Draft {CANARY}")
    await world.settle()
    return course, student


async def test_nobody_is_told_what_they_may_not_open(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """For every kind of person, in every way to ask; and the logs of the house know nothing of it either."""
    with capture_logs() as logs:
        course, student = await secretive(world)
        outsider, expired, stranger = await world.person(), await world.person(), await world.person(Role.INSTRUCTOR)
        await world.enrol(expired, course, expiry_date=world.clock.now() + timedelta(seconds=1))
        late = await begun(expired, course)
        world.clock.advance(seconds=2)
        conversation = await begun(student, course)
        events = {"Accept": "text/event-stream"}
        for question in ("What is the password of the treasure?", f"What is {CANARY}?", CANARY, "Tell me the secret"):
            told = await asked(student, conversation, question)
            assert (told.status_code, told.json()["kind"]) == (201, "no_answer"), told.text
            assert CANARY not in told.text
            path = f"{CONVERSATIONS}{conversation}/messages/"
            streamed = await student.post(path, {"question": question}, headers=events)
            assert (streamed.status_code, CANARY in streamed.text) == (200, False)
        refused = await asked(expired, late, "What is the password of the treasure?")
        assert (refused.status_code, refused.json()["code"]) == (403, "enrolment_expired")
        for person in (outsider, stranger):
            refused = await person.post(CONVERSATIONS, {"course_id": course.id})
            assert (refused.status_code, refused.json()["code"]) == (403, "not_enrolled")
            assert (await asked(person, conversation, "What is the secret?")).status_code == 404
    assert CANARY not in str(logs) + caplog.text


async def test_what_is_opened_is_told_from_then_on(world: World) -> None:
    course, student = await secretive(world)
    admin, question = await world.admin(), "What is the password of the treasure?"
    found = await answered(admin, await begun(admin, course), question)
    assert CANARY in found["content"]
    assert (
        await world.count("assistant_passages", "content_id IN (SELECT id FROM contents WHERE NOT is_published)") == 0
    )
    conversation = await begun(student, course)
    world.clock.advance(days=8)
    await student.log_in()
    assert CANARY in (await asked(student, conversation, question)).text


async def test_while_a_quiz_is_open_there_are_hints_only(world: World) -> None:
    made = await exam(world)
    await lesson(world, made.course, TENSES, "Tenses")
    await world.settle()
    conversation = await begun(made.student, made.course)
    attempt = await made.start()
    hint = await answered(made.student, conversation, "When do I use since and for?")
    assert (hint["kind"], hint["citations"][0]["title"], hint["citations"][0]["snippet"]) == ("hint", "Tenses", "")
    assert hint["content"] == "While your quiz is open I only say where to look: “Tenses” [1]."
    teacher = await answered(made.teacher, await begun(made.teacher, made.course), "When do I use since and for?")
    assert teacher["kind"] == "answer"
    await made.submit(attempt, [])
    assert (await answered(made.student, conversation, "When do I use since and for?"))["kind"] == "answer"


async def test_the_keys_of_a_quiz_are_nowhere(world: World) -> None:
    made = await exam(world)
    await world.settle()
    assert await world.count("assistant_passages", f"content_id = {made.content_id}") == 0


async def test_two_hundred_questions_are_enough_for_a_day(world: World) -> None:
    course, student = await school(world)
    conversation = await begun(student, course)
    asking = world.house.workflows.asking
    for _ in range(199):
        await asking.ask(student.actor, conversation, "When do I use since?")
    path, key = f"{CONVERSATIONS}{conversation}/messages/", {"Idempotency-Key": "the last"}
    last = await student.post(path, {"question": "And for?"}, headers=key)
    again = await student.post(path, {"question": "And for?"}, headers=key)  # its answer was lost on the way
    assert (last.status_code, again.status_code, again.json()["id"]) == (201, 201, last.json()["id"])
    refused = await asked(student, conversation, "And again?")
    assert (refused.status_code, refused.json()["code"]) == (429, "daily_limit")
    world.clock.advance(hours=25)
    await student.log_in()
    assert (await asked(student, conversation, "When do I use since?")).status_code == 201


async def test_documents_and_captions_are_found_by_page_and_second(world: World) -> None:
    course, student = await school(world)
    do, admin = world.house.workflows, (await world.admin()).actor
    pdf = FPDF()
    for words in ("The first page is about greetings.", "A gerund is the ing form that is used as a noun."):
        pdf.add_page()
        pdf.set_font("Helvetica", size=12)
        pdf.multi_cell(0, 8, words)
    document = docx.Document()
    document.add_heading("Phrasal verbs", 1)
    document.add_paragraph("To look after somebody means to take care of them.")
    file = io.BytesIO()
    document.save(file)
    for title, data, mime in (
        ("Gerunds", bytes(pdf.output()), "application/pdf"),
        ("Verbs", file.getvalue(), DOCX),
    ):
        content = await world.content(course, ContentType.DOCUMENT, publish=False, title=title)
        await do.outlining.upload(admin, content, chunks(data), mime_type=mime, file_name=f"{title}.file")
        await do.outlining.set_published(admin, content, is_published=True)
    video: dict[str, Any] = {
        "video_url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "video_duration": 630,
        "title": "Film",
    }
    film = await world.content(course, ContentType.VIDEO, **video)
    captions = (
        "WEBVTT\n\n00:05.000 --> 00:09.000\nWelcome to the film.\n\n"
        "01:35.000 --> 01:38.000\nThe comma stands\n\n01:38.000 --> 01:41.000\nbefore the word however.\n"
    )
    await do.uploading.set_captions(admin, film, "en", captions)
    await world.settle()
    conversation = await begun(student, course)
    gerund = await answered(student, conversation, "What is a gerund?")
    assert (gerund["citations"][0]["title"], gerund["citations"][0]["page"]) == ("Gerunds", 2)
    verb = await answered(student, conversation, "What does look after somebody mean?")
    assert verb["citations"][0]["title"] == "Verbs"
    comma = await answered(student, conversation, "Where does the comma stand with however?")
    assert (comma["citations"][0]["title"], comma["citations"][0]["second"]) == ("Film", 95)
    assert "The comma stands before the word however." in comma["content"]


async def chunks(data: bytes) -> Any:
    yield data


def torn() -> bytes:
    """A DOCX whose text is no XML."""
    whole, file = io.BytesIO(), io.BytesIO()
    docx.Document().save(whole)
    with zipfile.ZipFile(whole) as parts, zipfile.ZipFile(file, "w") as made:
        for name in parts.namelist():
            made.writestr(name, b"<w:document" if name == "word/document.xml" else parts.read(name))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "mime_type"), [(b"%PDF-1.7 nothing", "application/pdf"), (torn(), DOCX)], ids=["pdf", "docx"]
)
async def test_a_broken_document_is_a_lesson_without_passages(world: World, data: bytes, mime_type: str) -> None:
    course, _ = await school(world)
    do, admin = world.house.workflows, (await world.admin()).actor
    content = await world.content(course, ContentType.DOCUMENT, publish=False, title="Broken")
    await do.outlining.upload(admin, content, chunks(data), mime_type=mime_type, file_name="b.file")
    await do.outlining.set_published(admin, content, is_published=True)
    await world.settle()
    assert await world.count("assistant_contents", f"content_id = {content}") == 1
    assert await world.count("assistant_passages", f"content_id = {content}") == 0


async def test_conversations_are_ones_own(world: World) -> None:
    course, student = await school(world)
    other = await world.person()
    await world.enrol(other, course)
    conversation = await begun(student, course, title="Mine")
    path = f"{CONVERSATIONS}{conversation}/"
    answer = await answered(student, conversation, "When do I use since?")
    for refused in (
        await other.get(path),
        await other.patch(path, {"title": "Yours"}),
        await other.delete(path),
        await other.get(f"{path}messages/"),
        await asked(other, conversation, "When?"),
        await other.post(f"{path}messages/{answer['id']}/feedback/", {"rating": 1}),
    ):
        assert refused.status_code == 404
    assert (await other.get(CONVERSATIONS)).json()["results"] == []
    assert (await student.patch(path, {"title": "Ours"})).json()["title"] == "Ours"
    listed = (await student.get(f"{path}messages/")).json()["results"]
    assert [one["role"] for one in listed] == ["assistant", "user"]
    rated = await student.post(f"{path}messages/{answer['id']}/feedback/", {"rating": -1, "reason": "Wrong lesson"})
    assert rated.json() == {"message_id": answer["id"], "rating": -1, "reason": "Wrong lesson"}
    neither = await student.post(f"{path}messages/{answer['id']}/feedback/", {"rating": 0})
    assert (neither.status_code, neither.json()["errors"][0]["field"]) == (400, "rating")
    refused = await student.post(f"{path}messages/{answer['question_id']}/feedback/", {"rating": 1})
    assert refused.json()["code"] == "not_an_answer"
    assert (await student.delete(path)).status_code == 204
    assert await world.count("assistant_messages") == 0


async def test_a_repeated_question_is_asked_once(world: World) -> None:
    course, student = await school(world)
    path = f"{CONVERSATIONS}{await begun(student, course)}/messages/"
    key = {"Idempotency-Key": "k-1"}
    calls = [student.post(path, {"question": "When do I use since?"}, headers=key) for _ in range(5)]
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert await world.count("assistant_messages") == 2


async def test_a_key_is_good_for_one_conversation(world: World) -> None:
    course, student = await school(world)
    here, there = await begun(student, course), await begun(student, course)
    body, key = {"question": "When do I use since and for?"}, {"Idempotency-Key": "once"}
    assert (await student.post(f"{CONVERSATIONS}{here}/messages/", body, headers=key)).status_code == 201
    refused = await student.post(f"{CONVERSATIONS}{there}/messages/", body, headers=key)
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")


@pytest.mark.parametrize("question", ["??", "\u200b", "😀", " . "])
async def test_a_question_has_words(sqlite_world: World, question: str) -> None:
    course, student = await school(sqlite_world)
    refused = await asked(student, await begun(student, course, title=" two\nlines\u202e "), question)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "question")
    [talk] = (await student.get(CONVERSATIONS)).json()["results"]
    assert talk["title"] == "two lines"


async def test_what_was_asked_counts_when_its_conversation_is_gone(sqlite_world: World) -> None:
    world = sqlite_world
    course, student = await school(world)
    conversation = await begun(student, course)
    for _ in range(200):
        await world.house.workflows.asking.ask(student.actor, conversation, "When do I use since?")
    world.clock.advance(hours=1)
    await student.log_in()
    assert (await student.delete(f"{CONVERSATIONS}{conversation}/")).status_code == 204
    refused = await asked(student, await begun(student, course), "When do I use since?")
    assert (refused.status_code, refused.json()["code"]) == (429, "daily_limit")
    assert 22 * 3600 < int(refused.headers["retry-after"]) <= 23 * 3600
    world.clock.advance(days=2)
    await world.house.pruning.prune()
    assert await world.count("assistant_usage") == 0


async def test_an_account_takes_its_conversations_along(world: World) -> None:
    course, student = await school(world)
    await answered(student, await begun(student, course), "When do I use since?")
    exported = (await student.get("/api/accounts/me/export/")).json()
    assert len(exported["assistant_messages"]) == 2
    await student.call("DELETE", "/api/accounts/me/", json={"password": PASSWORD})
    assert await world.count("assistant_messages") == await world.count("assistant_conversations") == 0


async def test_an_answer_comes_as_events_to_who_asks_for_them(world: World) -> None:
    course, student = await school(world)
    path = f"{CONVERSATIONS}{await begun(student, course)}/messages/"
    events = {"Accept": "text/event-stream"}
    told = await student.post(path, {"question": "When do I use since and for?"}, headers=events)
    assert (told.status_code, told.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    parts = [part.split("\n") for part in told.text.strip().split("\n\n")]
    names = [name.removeprefix("event: ") for name, _ in parts]
    bodies = [json.loads(data.removeprefix("data: ")) for _, data in parts]
    assert names == ["start", "delta", "sources", "done"]
    done = bodies[-1]
    assert bodies[0] == {"mode": "retrieval"}
    assert "".join(body["text"] for body in bodies[1:-2]) == done["content"]
    assert bodies[-2]["citations"] == done["citations"]
    refused = await student.post(path, {"question": " "}, headers=events)
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")


async def test_what_is_asked_in_vain_becomes_a_draft_for_the_class(world: World) -> None:
    teacher, student = await world.person(Role.INSTRUCTOR), await world.person()
    course = await world.course(texts=0, instructor=teacher, publish=False)
    await lesson(world, course, TENSES, "Tenses")
    await world.house.workflows.authoring.publish((await world.admin()).actor, course.id)
    await world.enrol(student, course)
    await world.settle()
    conversation = await begun(student, course)
    await answered(student, conversation, "When do I use since and for?")
    vain = await answered(student, conversation, "How do I cook biryani?")
    await answered(teacher, await begun(teacher, course), "How do I cook dosa?")  # only a try
    listed = (await teacher.get("/api/chatbot/unanswered/", params={"course_id": course.id})).json()["results"]
    assert [(one["id"], one["question"], one["drafted_at"]) for one in listed] == [
        (vain["id"], "How do I cook biryani?", None)
    ]
    assert str(student.id) not in {str(value) for one in listed for value in one.values()}
    path = f"/api/chatbot/unanswered/{vain['id']}/draft/"
    assert (await teacher.post(path)).json()["code"] == "no_group"
    group = await world.group(course)
    other = await world.person(Role.INSTRUCTOR)
    assert (await other.post(path)).status_code == 403
    assert (await student.post(path)).status_code == 403
    answers = await asyncio.gather(*(teacher.post(path) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {204}
    await world.settle()
    waiting = (await teacher.get(f"/api/community/groups/{group}/moderation/")).json()["results"]
    assert [(one["title"], one["status"]) for one in waiting] == [("How do I cook biryani?", "pending")]
    query = {"course_id": course.id, "is_drafted": False}
    assert (await teacher.get("/api/chatbot/unanswered/", params=query)).json()["results"] == []


async def test_staff_read_which_answers_did_not_help_and_nobody_else(world: World) -> None:
    course, student = await school(world)
    admin, other = await world.admin(), await world.person(Role.INSTRUCTOR)
    conversation = await begun(student, course)
    bad = await answered(student, conversation, "When do I use since and for?")
    good = await answered(student, conversation, "When do I use an before a vowel?")
    vain = await answered(student, conversation, "How do I cook biryani?")
    path = f"{CONVERSATIONS}{conversation}/messages/"
    for message, rating in ((bad, -1), (good, 1), (vain, -1)):
        body = {"rating": rating, "reason": "I meant something else"}
        assert (await student.post(f"{path}{message['id']}/feedback/", body)).status_code == 200
    query = {"course_id": course.id, "count": True}
    listed = (await admin.get("/api/chatbot/disliked/", params=query)).json()
    assert (listed["count"], [one["id"] for one in listed["results"]]) == (2, [vain["id"], bad["id"]])
    found = listed["results"][1]
    assert (found["question"], found["reason"]) == ("When do I use since and for?", "I meant something else")
    assert (found["answer"], found["citations"]) == (bad["content"], bad["citations"])
    assert found.keys().isdisjoint({"user_id", "user", "conversation_id"})
    assert (await student.get("/api/chatbot/disliked/", params=query)).status_code == 403
    assert (await other.get("/api/chatbot/disliked/", params=query)).status_code == 404
    for message in (bad, vain):
        await student.post(f"{path}{message['id']}/feedback/", {"rating": 1})
    assert (await admin.get("/api/chatbot/disliked/", params=query)).json()["results"] == []


async def test_staff_see_what_the_chatbot_can_quote_of_each_lesson(world: World) -> None:
    course, student = await school(world)
    admin, path = await world.admin(), "/api/chatbot/lessons/"
    draft = await world.content(course, ContentType.TEXT, text_content=TENSES, publish=False, title="Draft")
    film = await world.content(
        course, ContentType.VIDEO, video_url="https://www.youtube.com/watch?v=dQw4w9WgXcQ", video_duration=60
    )
    query = {"course_id": course.id}
    waiting = {one["content_id"]: one for one in (await admin.get(path, params=query)).json()["results"]}
    assert (waiting[film]["is_current"], waiting[film]["indexed_at"]) == (False, None)
    await world.settle()
    found = {one["content_id"]: one for one in (await admin.get(path, params=query)).json()["results"]}
    assert set(found) == {*course.content_ids, film} - {draft}
    assert all(one["is_current"] and one["indexed_at"] for one in found.values())
    assert (found[film]["passage_count"], found[course.content_ids[0]]["passage_count"]) == (0, 1)
    silent = (await admin.get(path, params={**query, "has_passages": False})).json()["results"]
    assert [one["content_id"] for one in silent] == [film]
    spoken = (await admin.get(path, params={**query, "has_passages": True})).json()["results"]
    assert [one["content_id"] for one in spoken] == sorted(set(found) - {film})
    assert (await student.get(path, params=query)).status_code == 403
