"""Taking quizzes: what is asked, what is kept, what it is worth, and when it is over."""

import asyncio
from datetime import datetime, timedelta

import pytest

from quizzes import ALL, ATTEMPTS, CHOICE, NUMBER, QUESTIONS, QUIZZES, SEVERAL, TEXT, Exam, answers, exam
from worlds import World

ATTEMPT_KEYS = {
    "id", "enrollment_id", "quiz_id", "quiz", "attempt_number", "status", "score", "passed", "points_earned",
    "points_total", "started_at", "deadline", "server_time", "completed_at", "questions", "answers", "late",
    "attempts_left", "progress_percentage", "saved_revision", "shows_answers",
}  # fmt: skip
QUESTION_KEYS = {"id", "quiz_id", "question_text", "question_type", "points", "order", "options"}
OPTION_KEYS = {"id", "question_id", "option_text", "order"}
SAID_KEYS = {"question_id", "selected_opt_id", "selected_opt_ids", "answer_text"}
MARK_KEYS = {
    *SAID_KEYS, "id", "attempt_id", "is_correct", "points_earned", "explanation", "correct_opt_ids", "correct_answers",
}  # fmt: skip
CARD_KEYS = {
    "id", "content_id", "passing_score", "time_limit", "max_attempts", "question_count", "points_total",
    "attempts_used", "attempts_left", "open_attempt_id", "best_score", "passed", "extra_time", "show_answers",
}  # fmt: skip


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def test_a_quiz_from_its_card_to_its_result(world: World) -> None:
    made = await exam(world, passing_score=70, time_limit=600, max_attempts=3)
    card = await made.card()
    assert card.keys() == CARD_KEYS
    assert (card["question_count"], card["points_total"], card["attempts_left"], card["best_score"]) == (5, 11, 3, None)
    attempt = await made.start()
    assert attempt.keys() == ATTEMPT_KEYS
    assert all(question.keys() == QUESTION_KEYS for question in attempt["questions"])
    assert all(o.keys() == OPTION_KEYS for question in attempt["questions"] for o in question["options"])
    assert [question["order"] for question in attempt["questions"]] == [1, 2, 3, 4, 5]
    assert [len(question["options"]) for question in attempt["questions"]] == [3, 3, 2, 0, 0]
    assert when(attempt["deadline"]) - when(attempt["started_at"]) == timedelta(seconds=600)
    assert (attempt["status"], attempt["score"], attempt["attempts_left"]) == ("open", None, 2)
    assert (await made.card())["open_attempt_id"] == attempt["id"]

    said = answers(attempt)
    saved = await made.save(attempt, said[:2])
    assert saved.keys() == {
        "id", "answered_count", "saved_at", "deadline", "server_time", "saved", "saved_revision",
    }  # fmt: skip
    assert (saved["answered_count"], saved["deadline"]) == (2, attempt["deadline"])
    resumed = await made.start(status=200)
    assert (resumed["id"], resumed["questions"]) == (attempt["id"], attempt["questions"])
    assert all(answer.keys() == SAID_KEYS for answer in resumed["answers"])
    assert resumed["answers"][0] == {**said[0], "selected_opt_ids": [], "answer_text": ""}
    assert sorted(resumed["answers"][1]["selected_opt_ids"]) == sorted(said[1]["selected_opt_ids"])

    done = await made.submit(attempt, said[2:])
    assert done.keys() == ATTEMPT_KEYS
    assert (done["status"], done["score"], done["passed"], done["points_earned"]) == ("submitted", 100.0, True, 11)
    assert done["progress_percentage"] == 50.0
    assert all(mark.keys() == MARK_KEYS for mark in done["answers"])
    assert done["answers"][0]["explanation"] == CHOICE["explanation"]
    assert done["answers"][0]["correct_opt_ids"] == [said[0]["selected_opt_id"]]
    assert done["answers"][4]["correct_answers"] == ["New Delhi", "Delhi"]
    again = await made.submit(attempt, answers(attempt, right=False))
    assert {**again, "server_time": ""} == {**done, "server_time": ""}
    card = await made.card()
    assert (card["passed"], card["best_score"], card["attempts_used"]) == (True, 100.0, 1)


async def test_a_score_is_exact(world: World) -> None:
    made = await exam(world, passing_score=63.64)
    attempt = await made.start()
    right, wrong = answers(attempt), answers(attempt, right=False)
    done = await made.submit(attempt, [right[0], right[1], right[2], right[3], wrong[4]])
    # 7 of 11 are 63.636...%: shown as 63.6, and not enough where 63.64 is asked for
    assert (done["points_earned"], done["score"], done["passed"]) == (7, 63.6, False)
    assert [mark["points_earned"] for mark in done["answers"]] == [2, 3, 1, 1, 0]
    assert (await made.card())["passed"] is False


@pytest.mark.parametrize(
    ("question", "said", "is_right"),
    [
        (NUMBER, {"answer_text": "3,145"}, True),
        (NUMBER, {"answer_text": " 3.135 "}, True),
        (NUMBER, {"answer_text": "3.1451"}, False),
        (NUMBER, {"answer_text": "1e999999999"}, False),
        (NUMBER, {"answer_text": "nan"}, False),
        (NUMBER, {"answer_text": ""}, False),
        (TEXT, {"answer_text": "  new   DELHI "}, True),
        (TEXT, {"answer_text": "\uff24\uff45\uff4c\uff48\uff49"}, True),
        (TEXT, {"answer_text": "Mumbai"}, False),
        (SEVERAL, {"selected_opt_ids": ["Mango"]}, False),
        (SEVERAL, {"selected_opt_ids": ["Mango", "Potato", "Guava"]}, False),
        (SEVERAL, {"selected_opt_ids": ["Guava", "Mango", "Mango"]}, True),
        (SEVERAL, {"selected_opt_ids": []}, False),
    ],
)
async def test_what_counts_as_right(sqlite_world: World, question: dict, said: dict, is_right: bool) -> None:
    made = await exam(sqlite_world, question)
    attempt = await made.start()
    named = {option["option_text"]: option["id"] for option in attempt["questions"][0]["options"]}
    if "selected_opt_ids" in said:
        said = {"selected_opt_ids": [named[text] for text in said["selected_opt_ids"]]}
    done = await made.submit(attempt, [{"question_id": attempt["questions"][0]["id"], **said}])
    assert done["answers"][0]["is_correct"] is is_right


async def test_passing_the_last_content_completes_the_course(world: World) -> None:
    made = await exam(world)
    text = {"content_id": made.course.content_ids[0], "last_position": 0, "time_spent": 1, "is_completed": True}
    await made.student.post("/api/courses/progress/update/", text)
    quiz = {"content_id": made.content_id, "last_position": 0, "time_spent": 1, "is_completed": True}
    told = await made.student.post("/api/courses/progress/update/", quiz)
    assert told.json()["progress"]["is_completed"] is False  # saying so does not pass a quiz
    failed = await made.submit(await made.start(), [])
    assert (failed["score"], failed["passed"], failed["progress_percentage"]) == (0.0, False, 50.0)
    attempt = await made.start()
    done = await made.submit(attempt, answers(attempt))
    assert done["progress_percentage"] == 100.0
    (enrolment,) = (await made.student.get("/api/courses/enrollments/")).json()["results"]
    assert enrolment["completed_at"] is not None
    third = await made.submit(await made.start(), [])
    assert (third["passed"], third["progress_percentage"]) == (False, 100.0)  # what was reached stays


async def test_twenty_starts_of_the_last_attempt_give_one(world: World) -> None:
    made = await exam(world, max_attempts=2)
    await made.submit(await made.start(), [])
    calls = [made.student.post(f"{ATTEMPTS}start/", {"quiz_id": made.id}) for _ in range(20)]
    given = await asyncio.gather(*calls)
    assert sorted(answer.status_code for answer in given) == [200] * 19 + [201]
    assert len({answer.json()["id"] for answer in given}) == 1
    assert len({str(answer.json()["questions"]) for answer in given}) == 1
    await made.submit(given[0].json(), [])
    refused = await asyncio.gather(*[made.student.post(f"{ATTEMPTS}start/", {"quiz_id": made.id}) for _ in range(20)])
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(409, "attempts_exhausted")}
    assert await world.count("quiz_attempts") == 2


async def test_twenty_submissions_count_once(world: World) -> None:
    made = await exam(world, texts=0)
    attempt = await made.start()
    bodies = [{"answers": answers(attempt, right=n % 2 == 0)} for n in range(20)]
    path = f"{ATTEMPTS}{attempt['id']}/submit/"
    given = await asyncio.gather(*[made.student.post(path, body) for body in bodies])
    assert {answer.status_code for answer in given} == {200}
    assert len({(a.json()["score"], a.json()["completed_at"], str(a.json()["answers"])) for a in given}) == 1
    assert await world.count("quiz_answers") == 5
    completed = await world.count("enrollments", "completed_at IS NOT NULL")
    assert completed == (1 if given[0].json()["passed"] else 0)


async def test_a_start_repeated_with_its_key_gives_the_same_attempt(world: World) -> None:
    made = await exam(world)
    key = {"Idempotency-Key": "start-1"}
    first = await made.student.post(f"{ATTEMPTS}start/", {"quiz_id": made.id}, headers=key)
    await made.submit(first.json(), [])
    again = await made.student.post(f"{ATTEMPTS}start/", {"quiz_id": made.id}, headers=key)
    assert (again.status_code, again.json()["id"], again.json()["status"]) == (201, first.json()["id"], "submitted")
    assert await world.count("quiz_attempts") == 1


async def test_what_comes_within_the_grace_counts_and_what_comes_later_does_not(world: World) -> None:
    made = await exam(world, time_limit=60)
    attempt = await made.start()
    await made.later(seconds=65)
    done = await made.submit(attempt, answers(attempt))
    assert (done["status"], done["passed"], done["late"]) == ("submitted", True, False)
    assert done["completed_at"] == attempt["deadline"]

    attempt = await made.start()
    said = answers(attempt)
    await made.save(attempt, said[:1])
    await made.later(seconds=71)
    refused = await made.student.call("PUT", f"{ATTEMPTS}{attempt['id']}/answers/", json={"answers": said})
    assert (refused.status_code, refused.json()["code"]) == (409, "attempt_closed")
    done = await made.submit(attempt, said)
    assert (done["status"], done["late"], done["points_earned"]) == ("expired", True, 2)
    assert done["completed_at"] == attempt["deadline"]


async def test_the_sweeper_closes_at_the_deadline(world: World) -> None:
    made = await exam(world, time_limit=60, max_attempts=2)
    attempt = await made.start()
    await made.save(attempt, answers(attempt))
    sweep = world.house.workflows.attempting.close_overdue
    await made.later(seconds=69)
    await sweep()
    assert (await made.read(attempt))["status"] == "open"
    await made.later(hours=5)
    await asyncio.gather(*[sweep() for _ in range(4)])
    assert await world.count("quiz_attempts", "status = 'expired'") == 1
    swept = await made.read(attempt)
    assert (swept["status"], swept["completed_at"], swept["late"]) == ("expired", attempt["deadline"], False)
    assert (swept["passed"], swept["progress_percentage"]) == (True, 50.0)
    progress = (await made.student.get("/api/courses/progress/", params={"course_id": made.course.id})).json()
    assert progress["contents"][1]["progress"]["completion_date"] == attempt["deadline"]


async def test_whoever_looks_first_closes_what_is_over(world: World) -> None:
    made = await exam(world, time_limit=60, max_attempts=1)
    attempt = await made.start()
    await made.save(attempt, answers(attempt)[:1])
    await made.later(hours=1)
    seen = await made.teacher.get(f"{ATTEMPTS}{attempt['id']}/")
    assert (seen.json()["status"], seen.json()["points_earned"]) == ("expired", 2)
    refused = await made.student.post(f"{ATTEMPTS}start/", {"quiz_id": made.id})
    assert refused.json()["code"] == "attempts_exhausted"


async def test_answers_that_the_paper_cannot_have_change_nothing(sqlite_world: World) -> None:
    made = await exam(sqlite_world)
    attempt = await made.start()
    first, several, _, number, text = attempt["questions"]
    said = answers(attempt)
    await made.save(attempt, said)
    foreign = [
        ([{"question_id": 987654}], "answers.0.question_id"),
        ([said[0], said[0]], "answers.1.question_id"),
        ([{**said[0], "selected_opt_id": 987654}], "answers.0.selected_opt_ids"),
        ([{"question_id": first["id"], "selected_opt_id": several["options"][0]["id"]}], "answers.0.selected_opt_ids"),
        ([{"question_id": first["id"], "selected_opt_ids": [o["id"] for o in first["options"]]}],
         "answers.0.selected_opt_ids"),
        ([{"question_id": first["id"], "answer_text": "am"}], "answers.0.answer_text"),
        ([{"question_id": text["id"], "answer_text": "x" * 501}], "answers.0.answer_text"),
        ([{"question_id": number["id"], "selected_opt_id": first["options"][0]["id"]}], "answers.0.selected_opt_ids"),
    ]  # fmt: skip
    for body, field in foreign:
        for method, path in (("PUT", "answers"), ("POST", "submit")):
            refused = await made.student.call(method, f"{ATTEMPTS}{attempt['id']}/{path}/", json={"answers": body})
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field), refused.text
    assert len((await made.read(attempt))["answers"]) == 5
    assert (await made.submit(attempt))["score"] == 100.0


async def test_the_attempt_of_somebody_else_is_nobodys_to_see_or_change(sqlite_world: World) -> None:
    made = await exam(sqlite_world)
    attempt = await made.start()
    other = await sqlite_world.person()
    await sqlite_world.enrol(other, made.course)
    body = {"answers": answers(attempt)}
    calls = [
        await other.get(f"{ATTEMPTS}{attempt['id']}/"),
        await other.call("PUT", f"{ATTEMPTS}{attempt['id']}/answers/", json=body),
        await other.post(f"{ATTEMPTS}{attempt['id']}/submit/", body),
        await made.teacher.call("PUT", f"{ATTEMPTS}{attempt['id']}/answers/", json=body),
        await made.teacher.post(f"{ATTEMPTS}{attempt['id']}/submit/", body),
        await other.get(ATTEMPTS, params={"quiz_id": made.id, "user_id": made.student.id}),
    ]
    assert [answer.status_code for answer in calls] == [404] * 6
    assert (await made.read(attempt))["answers"] == []
    assert (await other.get(ATTEMPTS, params={"quiz_id": made.id})).json()["results"] == []


async def test_a_paper_stays_as_it_was_when_it_was_given_out(world: World) -> None:
    made = await exam(world, CHOICE, passing_score=100, time_limit=600)
    attempt = await made.start()
    (question,) = (await made.written())["questions"]
    turned = [{**option, "is_correct": not option["is_correct"]} for option in question["options"][:2]]
    changed = await made.teacher.patch(f"{QUESTIONS}{question['id']}/", {"options": turned, "points": 5})
    assert changed.status_code == 200, changed.text
    settings = {"passing_score": 0, "time_limit": 10, "max_attempts": 1}
    assert (await made.teacher.patch(f"{QUIZZES}{made.id}/", settings)).status_code == 200
    assert (await made.read(attempt))["questions"] == attempt["questions"]
    assert (await made.read(attempt))["deadline"] == attempt["deadline"]
    done = await made.submit(attempt, answers(attempt))
    assert (done["points_earned"], done["score"], done["passed"]) == (2, 100.0, True)
    gone = await made.teacher.delete(f"{QUESTIONS}{question['id']}/")
    assert (gone.status_code, gone.json()["code"]) == (409, "not_publishable")


async def test_answers_are_shown_when_the_quiz_says_so(sqlite_world: World) -> None:
    async def shown(made: Exam, *, right: bool) -> bool:
        attempt = await made.start()
        done = await made.submit(attempt, answers(attempt, right=right))
        keys = [bool(m["explanation"] or m["correct_opt_ids"] or m["correct_answers"]) for m in done["answers"]]
        assert all(isinstance(mark["is_correct"], bool) for mark in done["answers"])
        return any(keys)

    never = await exam(sqlite_world, show_answers="never", max_attempts=1)
    assert not await shown(never, right=True)
    at_once = await exam(sqlite_world, show_answers="after_submission")
    assert await shown(at_once, right=False)
    by_default = await exam(sqlite_world, max_attempts=2)
    assert [await shown(by_default, right=False) for _ in range(2)] == [False, True]
    passed = await exam(sqlite_world)
    assert await shown(passed, right=True)
    # a paper that is open may ask the same: what an earlier attempt shows is hidden again
    again = await passed.start()
    (_, earlier) = (await passed.student.get(ATTEMPTS, params={"quiz_id": passed.id})).json()["results"]
    hidden = await passed.read(earlier)
    assert not any(mark["explanation"] or mark["correct_opt_ids"] for mark in hidden["answers"])
    await passed.submit(again, [])
    assert any(mark["explanation"] for mark in (await passed.read(earlier))["answers"])


async def test_pools_are_drawn_from_and_orders_are_shuffled(sqlite_world: World) -> None:
    drawn = [{**CHOICE, "question_text": f"Question {n}", "pool": "grammar"} for n in range(8)]
    made = await exam(
        sqlite_world, *drawn, {**CHOICE, "question_text": "Always"},
        pools={"grammar": 3}, shuffle_questions=True, shuffle_options=True,
    )  # fmt: skip
    card = await made.card()
    assert (card["question_count"], card["points_total"]) == (4, 8)
    papers = []
    for _ in range(12):
        attempt = await made.start()
        texts = [question["question_text"] for question in attempt["questions"]]
        assert len(set(texts)) == 4
        assert "Always" in texts
        assert attempt["points_total"] == 8
        papers.append((tuple(texts), tuple(o["option_text"] for o in attempt["questions"][0]["options"])))
        await made.submit(attempt, [])
    # one order for all of them has the chance of one in 10^20
    assert len({texts for texts, _ in papers}) > 1
    assert len({options for _, options in papers}) > 1


async def test_more_time_and_attempts_for_one_student(world: World) -> None:
    made = await exam(world, time_limit=60, max_attempts=1)
    other = await world.person()
    await world.enrol(other, made.course)
    attempt = await made.start()
    path = f"{QUIZZES}{made.id}/allowances/{made.student.id}/"
    given = await made.teacher.call("PUT", path, json={"extra_time": 30, "extra_attempts": 1})
    assert given.json()["results"][0]["extra_time"] == 30
    moved = await made.read(attempt)
    assert when(moved["deadline"]) - when(attempt["deadline"]) == timedelta(seconds=30)
    assert moved["attempts_left"] == 1
    card = await made.card()
    assert (card["extra_time"], card["attempts_left"]) == (30, 1)
    await made.later(seconds=95)
    done = await made.submit(attempt, answers(attempt))
    assert (done["passed"], done["late"]) == (True, False)
    second = await made.start()
    assert when(second["deadline"]) - when(second["started_at"]) == timedelta(seconds=90)
    mine = await made.start(other)
    assert when(mine["deadline"]) - when(mine["started_at"]) == timedelta(seconds=60)
    taken = await made.teacher.call("PUT", path, json={})
    assert taken.json()["results"] == []
    assert when((await made.read(second))["deadline"]) - when(second["started_at"]) == timedelta(seconds=60)
    stranger = await world.person()
    refused = await made.teacher.call("PUT", f"{QUIZZES}{made.id}/allowances/{stranger.id}/", json={"extra_time": 1})
    assert refused.status_code == 404


async def test_a_save_that_was_overtaken_is_not_kept(world: World) -> None:
    made = await exam(world)
    attempt = await made.start()
    said = answers(attempt)
    assert (await made.save(attempt, said, revision=2))["saved"] is True
    overtaken = await made.save(attempt, said[:1], revision=1)
    assert (overtaken["saved"], overtaken["saved_revision"]) == (False, 2)
    kept = await made.read(attempt)
    assert (len(kept["answers"]), kept["saved_revision"]) == (5, 2)
    await made.save(attempt, said[:3], revision=3)
    assert len((await made.read(attempt))["answers"]) == 3
    await made.save(attempt, said[:2])
    assert len((await made.read(attempt))["answers"]) == 2


async def test_all_the_best_and_the_last_attempts(world: World) -> None:
    made = await exam(world)
    ids = []
    for right in (False, True, False):
        attempt = await made.start()
        await made.submit(attempt, answers(attempt, right=right))
        ids.append(attempt["id"])
    ids.append((await made.start())["id"])

    async def listed(which: str) -> list[int]:
        found = await made.student.get(ATTEMPTS, params={"quiz_id": made.id, "which": which})
        assert found.status_code == 200, found.text
        return [one["id"] for one in found.json()["results"]]

    assert await listed("all") == ids[::-1]
    assert await listed("best") == [ids[1]]
    assert await listed("last") == [ids[3]]
    of_all = await made.teacher.get(ATTEMPTS, params={"quiz_id": made.id, "count": "true"})
    assert (of_all.json()["count"], of_all.json()["results"][0]["user_id"]) == (4, made.student.id)


async def test_without_access_nothing_is_started_saved_or_handed_in(world: World) -> None:
    made = await exam(world)
    attempt = await made.start()
    said = answers(attempt)
    await made.save(attempt, said)
    await (await world.admin()).patch(f"/api/courses/enrollments/{made.enrollment_id}/", {"is_active": False})
    calls = [
        await made.student.post(f"{ATTEMPTS}start/", {"quiz_id": made.id}),
        await made.student.call("PUT", f"{ATTEMPTS}{attempt['id']}/answers/", json={"answers": []}),
        await made.student.post(f"{ATTEMPTS}{attempt['id']}/submit/", {}),
    ]
    assert [(a.status_code, a.json()["code"]) for a in calls] == [(403, "enrolment_expired")] * 3
    assert len((await made.read(attempt))["answers"]) == 5
    stranger = await world.person()
    refused = await stranger.post(f"{ATTEMPTS}start/", {"quiz_id": made.id})
    assert (refused.status_code, refused.json()["code"]) == (403, "not_enrolled")
    assert (await stranger.post(f"{ATTEMPTS}start/", {"quiz_id": 987654})).status_code == 404


async def test_an_unlimited_quiz_has_no_deadline_and_is_never_swept(world: World) -> None:
    made = await exam(world, *ALL)
    attempt = await made.start()
    assert (attempt["deadline"], attempt["attempts_left"]) == (None, None)
    await made.later(days=5)
    await world.house.workflows.attempting.close_overdue()
    assert await world.count("quiz_attempts", "status = 'open'") == 1
