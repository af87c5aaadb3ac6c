"""Writing quizzes: settings, questions, files of them, and who sees the keys."""

from typing import Any

import pytest

from core.actor import Role
from modules.learning.domain.catalogue import ContentType
from quizzes import ALL, ATTEMPTS, CHOICE, NUMBER, QUESTIONS, QUIZZES, SEVERAL, TEXT, TRUE, answers, exam
from worlds import World

QUIZ_KEYS = {
    "id", "content_id", "course_id", "title", "is_published", "passing_score", "time_limit", "max_attempts",
    "shuffle_questions", "shuffle_options", "show_answers", "pools", "version", "questions",
}  # fmt: skip
QUESTION_KEYS = {
    "id", "quiz_id", "question_text", "question_type", "points", "order", "explanation", "tolerance", "pool",
    "options", "version",
}  # fmt: skip
GIFT = r"""
// a comment
::Verbs::I ___ Asha {=am ~is ~are####The verb goes with I.}

// points: 3
Which are fruits? {~%50%Mango ~%50%Guava#sweet ~%-100%Potato}

Delhi is a capital.{T}

$CATEGORY: numbers
Pi? {#3.14:0.005}

Between? {#1..5}

Two times {=three =3} is six.

Braces \{ and \= and \\ in it\nwith a second line {=yes =y\~es}
"""
CSV = """question_text,question_type,points,pool,tolerance,explanation,correct,option_1,option_2,option_3
I ___ Asha,single_choice,2,,,The verb.,1,am,is,are
"Which, of these?",multiple_choice,,fruits,,,1;3,Mango,Potato,Guava
Pi?,numeric,1,,0.005,,,3.14,,
Capital?,short_text,,,,,,Delhi,New Delhi,
"""


async def test_a_quiz_is_written_and_read(world: World) -> None:
    made = await exam(world, passing_score=70.5, time_limit=600, max_attempts=3, show_answers="never")
    written = await made.written()
    assert written.keys() == QUIZ_KEYS
    assert (written["passing_score"], written["show_answers"], written["title"]) == (70.5, "never", "Check")
    assert all(question.keys() == QUESTION_KEYS for question in written["questions"])
    for place, (question, given) in enumerate(zip(written["questions"], ALL, strict=True), 1):
        assert (question["order"], question["question_text"]) == (place, given["question_text"])
        assert [o["option_text"] for o in question["options"]] == [o["option_text"] for o in given["options"]]
        assert [o["is_correct"] for o in question["options"]] == [o.get("is_correct", True) for o in given["options"]]
        one = (await made.teacher.get(f"{QUESTIONS}{question['id']}/")).json()
        assert one == question
    assert written["questions"][3]["tolerance"] == "0.005"
    ids = [question["id"] for question in written["questions"]][::-1]
    assert (await made.teacher.post(f"{QUIZZES}{made.id}/questions/reorder/", {"ids": ids})).status_code == 204
    assert [question["id"] for question in (await made.written())["questions"]] == ids
    (listed,) = (await made.teacher.get(QUIZZES, params={"course_id": made.course.id})).json()["results"]
    assert listed.keys() == QUIZ_KEYS - {"questions"}
    course = (await made.teacher.get(f"/api/courses/courses/{made.course.id}/")).json()
    await made.teacher.patch(f"{QUIZZES}{made.id}/", {"passing_score": 10})
    assert (await made.teacher.get(f"/api/courses/courses/{made.course.id}/")).json()["version"] == course[
        "version"
    ] + 1


async def test_a_question_is_edited_with_its_options(world: World) -> None:
    made = await exam(world, CHOICE)
    (question,) = (await made.written())["questions"]
    am, is_, _ = question["options"]
    options = [{"option_text": "was", "is_correct": False}, {**is_, "option_text": "is!"}, am]
    path, version = f"{QUESTIONS}{question['id']}/", {"If-Match": f'"{question["version"]}"'}
    changed = await made.teacher.patch(path, {**question, "options": options}, headers=version)
    assert changed.status_code == 200, changed.text
    assert [o["option_text"] for o in changed.json()["options"]] == ["was", "is!", "am"]
    assert [o["id"] for o in changed.json()["options"]][1:] == [is_["id"], am["id"]]
    stale = await made.teacher.patch(path, {"points": 7}, headers=version)
    assert (stale.status_code, stale.json()["code"]) == (409, "version_conflict")
    twice = await made.teacher.patch(path, {"options": [am, {**am, "option_text": "x", "is_correct": False}]})
    assert (twice.status_code, twice.json()["errors"][0]["field"]) == (400, "options")


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({**CHOICE, "question_text": "  "}, "question_text"),
        ({**CHOICE, "options": CHOICE["options"][:1]}, "options"),
        ({**CHOICE, "options": [{**o, "is_correct": True} for o in CHOICE["options"]]}, "options"),
        ({**CHOICE, "options": [{**o, "is_correct": False} for o in CHOICE["options"]]}, "options"),
        ({**CHOICE, "options": [*CHOICE["options"], {"option_text": " am ", "is_correct": False}]}, "options"),
        ({**CHOICE, "points": 0}, "points"),
        ({**CHOICE, "points": 1001}, "points"),
        ({**CHOICE, "tolerance": 1}, "tolerance"),
        ({**SEVERAL, "options": [{**o, "is_correct": False} for o in SEVERAL["options"]]}, "options"),
        ({**TRUE, "options": CHOICE["options"]}, "options"),
        ({**NUMBER, "options": [{"option_text": "three"}]}, "options"),
        ({**NUMBER, "options": []}, "options"),
        ({**NUMBER, "tolerance": -1}, "tolerance"),
        ({**NUMBER, "tolerance": "1e999999"}, "tolerance"),
        ({**TEXT, "options": [{"option_text": "Delhi", "is_correct": False}]}, "options"),
        ({**TEXT, "question_type": "essay"}, "question_type"),
    ],
)
async def test_a_faulty_question_is_refused(sqlite_world: World, question: dict, field: str) -> None:
    made = await exam(sqlite_world, CHOICE)
    refused = await made.teacher.post(QUESTIONS, {"quiz_id": made.id, **question})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_input"), refused.text
    assert refused.json()["errors"][0]["field"].startswith(field)
    assert len((await made.written())["questions"]) == 1


async def test_the_ids_of_options_do_not_tell_their_order(sqlite_world: World) -> None:
    options = [{"option_text": f"No. {n}", "is_correct": n == 0} for n in range(20)]
    made = await exam(sqlite_world, {**CHOICE, "options": options})
    written = (await made.written())["questions"][0]["options"]
    assert [one["option_text"] for one in written] == [one["option_text"] for one in options]
    ids = [one["id"] for one in written]
    assert ids != sorted(ids)  # by chance once in 10^18


async def test_students_see_no_quiz_that_they_cannot_take(world: World) -> None:
    teacher = await world.person(Role.INSTRUCTOR)
    course = await world.course(instructor=teacher)
    content_id = await world.content(course, ContentType.QUIZ, publish=False)
    publish = f"/api/courses/contents/{content_id}/publish/"

    async def lacks() -> list[str]:
        answer = await teacher.post(publish)
        return [fault["field"] for fault in answer.json()["errors"]] if answer.status_code == 409 else []

    assert await lacks() == ["quiz"]
    quiz = (await teacher.post(QUIZZES, {"content_id": content_id})).json()
    again = await teacher.post(QUIZZES, {"content_id": content_id})
    assert (again.status_code, again.json()["code"]) == (409, "quiz_exists")
    none = await teacher.post(QUIZZES, {"content_id": course.content_ids[0]})
    assert (none.status_code, none.json()["errors"][0]["field"]) == (400, "content_id")
    assert await lacks() == ["questions"]
    for points in (1, 2):
        body = {"quiz_id": quiz["id"], **CHOICE, "question_text": f"No. {points}", "points": points, "pool": "a"}
        assert (await teacher.post(QUESTIONS, body)).status_code == 201
    assert await lacks() == ["pools"]  # how many are drawn
    for drawn in (3, 1):  # more than there are; papers that are not worth the same
        assert (await teacher.patch(f"{QUIZZES}{quiz['id']}/", {"pools": {"a": drawn}})).status_code == 200
        assert await lacks() == ["pools"]
    await teacher.patch(f"{QUIZZES}{quiz['id']}/", {"pools": {"a": 2}})
    assert await lacks() == []
    broken = await teacher.patch(f"{QUIZZES}{quiz['id']}/", {"pools": {}})
    assert (broken.status_code, broken.json()["code"]) == (409, "not_publishable")
    assert (await teacher.get(f"{QUIZZES}{quiz['id']}/")).json()["pools"] == {"a": 2}
    assert (await teacher.delete(f"{QUIZZES}{quiz['id']}/")).json()["code"] == "in_use"
    assert (await teacher.delete(f"/api/courses/contents/{content_id}/")).status_code == 204
    assert await world.count("question_options") == 0


async def test_what_students_have_used_is_not_deleted(world: World) -> None:
    made = await exam(world)
    await made.submit(await made.start(), [])
    await made.teacher.post(f"/api/courses/contents/{made.content_id}/unpublish/")
    for path in (f"{QUIZZES}{made.id}/", f"/api/courses/contents/{made.content_id}/"):
        refused = await made.teacher.delete(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "in_use")
    question = (await made.written())["questions"][0]
    assert (await made.teacher.delete(f"{QUESTIONS}{question['id']}/")).status_code == 204
    assert (await made.teacher.get(f"{QUESTIONS}{question['id']}/")).status_code == 404
    assert len((await made.written())["questions"]) == 4


async def upload(made: Any, name: str, text: str | bytes, **query: str) -> Any:
    body = text if isinstance(text, bytes) else text.encode()
    path = f"{QUIZZES}{made.id}/questions/import/"
    return await made.teacher.call("POST", path, files={"file": (name, body, "text/plain")}, params=query)


async def test_gift_is_imported(world: World) -> None:
    made = await exam(world, CHOICE)
    refused = await upload(made, "questions.gift", GIFT)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "pools")
    await made.teacher.post(f"/api/courses/contents/{made.content_id}/unpublish/")
    answer = await upload(made, "questions.gift", GIFT)
    assert answer.status_code == 201, answer.text
    assert len(answer.json()["question_ids"]) == 7
    _, verbs, fruits, delhi, pi, between, times, braces = (await made.written())["questions"]
    right = [[o["option_text"] for o in q["options"] if o["is_correct"]] for q in (verbs, fruits, delhi)]
    assert right == [["am"], ["Mango", "Guava"], ["True"]]
    assert (verbs["explanation"], fruits["explanation"], fruits["points"]) == (
        "The verb goes with I.",
        "Guava: sweet",
        3,
    )
    assert [q["question_type"] for q in (verbs, fruits, delhi, pi, between, times)] == [
        "single_choice", "multiple_choice", "true_false", "numeric", "numeric", "short_text",
    ]  # fmt: skip
    assert (pi["options"][0]["option_text"], pi["tolerance"], pi["pool"]) == ("3.14", "0.005", "numbers")
    assert (between["options"][0]["option_text"], between["tolerance"]) == ("3", "2")
    assert times["question_text"] == "Two times _____ is six."
    assert braces["question_text"] == "Braces { and = and \\ in it\nwith a second line"
    assert [o["option_text"] for o in braces["options"]] == ["yes", "y~es"]


async def test_what_moodle_writes_around_its_questions_is_no_pool(sqlite_world: World) -> None:
    made = await exam(sqlite_world, CHOICE)
    text = "$CATEGORY: $course$/top/Default for Demo\n\n::Q::[html]What does [html] mean? {=a language ~a person}\n"
    assert (await upload(made, "a.gift", text)).status_code == 201
    question = (await made.written())["questions"][1]
    assert (question["pool"], question["question_text"]) == ("", "What does [html] mean?")


async def test_csv_is_imported(sqlite_world: World) -> None:
    made = await exam(sqlite_world, CHOICE)
    answer = await upload(made, "questions.csv", "\ufeff" + CSV.replace(",fruits,", ",,"))
    assert answer.status_code == 201, answer.text
    _, verbs, which, pi, capital = (await made.written())["questions"]
    assert (verbs["points"], verbs["explanation"], which["question_text"]) == (2, "The verb.", "Which, of these?")
    assert [o["option_text"] for o in which["options"] if o["is_correct"]] == ["Mango", "Guava"]
    assert (pi["tolerance"], [o["option_text"] for o in capital["options"]]) == ("0.005", ["Delhi", "New Delhi"])


@pytest.mark.parametrize("kind", ["gift", "csv"])
async def test_what_is_exported_is_imported_as_it_was(sqlite_world: World, kind: str) -> None:
    odd = {**TEXT, "question_text": "A {b} = c: ~d # \\n \\nabla %5%\nline two", "explanation": "x:y\n{z}"}
    named = [{"option_text": "सत्य", "is_correct": False}, {"option_text": "%50% no -> #1", "is_correct": True}]
    made = await exam(
        sqlite_world, *ALL, odd, {**TRUE, "options": named, "points": 7}, {**SEVERAL, "pool": "नाम"}, pools={"नाम": 1}
    )
    exported = await made.teacher.get(f"{QUIZZES}{made.id}/questions/export/", params={"format": kind})
    assert exported.status_code == 200, exported.text
    assert f'filename="quiz-{made.id}.{kind}"' in exported.headers["content-disposition"]
    other = await exam(sqlite_world, CHOICE)
    await other.teacher.post(f"/api/courses/contents/{other.content_id}/unpublish/")
    answer = await upload(other, "a.bin", exported.content, format=kind)
    assert answer.status_code == 201, answer.text

    def bare(question: dict[str, Any]) -> dict[str, Any]:
        names = ("question_text", "question_type", "points", "explanation", "tolerance", "pool")
        options = [(option["option_text"], option["is_correct"]) for option in question["options"]]
        return {**{name: question[name] for name in names}, "options": options}

    there, here = (await other.written())["questions"][1:], (await made.written())["questions"]
    assert [bare(question) for question in there] == [bare(question) for question in here]


@pytest.mark.parametrize(
    ("name", "text", "faults"),
    [
        ("a.gift", "Q1 {=a ~b}\n\nNo braces\n\nEssay {}\n\nQ {=a -> b =c -> d}\n", ["file.3", "file.5", "file.7"]),
        ("a.gift", "Q {#three}\n\nQ {#5..1}\n\n\nQ {~a ~b}", ["file.1", "file.3", "file.6"]),
        ("a.gift", "Q {=a ~a}\n\n// points: many\nQ {T}\n\nQ {#=1:0 =2:1}", ["file.1", "file.4", "file.6"]),
        ("a.gift", "Q {=%50%half =whole}\n\n{=a ~b}", ["file.1", "file.3"]),
        ("a.gift", "", ["file"]),
        ("a.gift", f"Q {{=a ~b\n\na{' ' * 300_000}b {{=x}}\n\nQ {{#{'.' * 300_000} x}}",
         ["file.1", "file.3", "file.5"]),
        ("a.csv", "question,answer\na,b\n", ["file"]),
        ("a.csv", CSV + "Q,essay,,,,,,a,b,\nQ,single_choice,x,,,,1,a,b,\nQ,single_choice,,,,,9,a,b,\n",
         ["file.6", "file.7", "file.8"]),
        ("a.csv", CSV + ',single_choice,,,,,1,a,b,\nQ,numeric,,,-1,,,1,,\n"Q\nx",true_false,,,,,1,a,b,c,d\n',
         ["file.6", "file.7", "file.9"]),
        ("a.pdf", "x", ["format"]),
        ("a.csv", b"\xff\xfe", ["file"]),
        ("a.gift", "a\0 {T}", ["file"]),
    ],
)  # fmt: skip
async def test_each_faulty_line_is_named_and_nothing_is_imported(
    sqlite_world: World, name: str, text: str | bytes, faults: list[str]
) -> None:
    made = await exam(sqlite_world, CHOICE)
    answer = await upload(made, name, text)
    assert answer.status_code == 400, answer.text
    assert [fault["field"] for fault in answer.json()["errors"]] == faults, answer.text
    assert len((await made.written())["questions"]) == 1


async def test_what_is_right_leaves_the_server_for_nobody_before_it_is_due(world: World) -> None:
    """Whatever can be read with a GET, by everybody: what only the key tells stands nowhere."""
    secret = {
        **CHOICE, "explanation": "canary-why",
    }  # fmt: skip
    accepted = {**TEXT, "options": [{"option_text": "canary-answer"}], "explanation": "canary-why"}
    made = await exam(world, secret, accepted, max_attempts=2)
    classmate, stranger, other_teacher = await world.person(), await world.person(), await world.person(Role.INSTRUCTOR)
    await world.enrol(classmate, made.course)
    attempt = await made.start()
    await made.save(attempt, [{"question_id": attempt["questions"][0]["id"]}])
    done = await made.start(classmate)
    await classmate.post(f"{ATTEMPTS}{done['id']}/submit/", {})  # one attempt is left: nothing is shown yet
    ids = {
        "quiz_id": made.id, "question_id": attempt["questions"][0]["id"], "attempt_id": attempt["id"],
        "content_id": made.content_id, "course_id": made.course.id, "enrollment_id": made.enrollment_id,
    }  # fmt: skip
    schema = (await made.teacher.get("/docs/openapi.json")).json()
    paths = [path for path, methods in schema["paths"].items() if "get" in methods]
    assert f"{QUIZZES}{{quiz_id}}".rstrip("/") in [path.rstrip("/") for path in paths]
    for person in (made.student, classmate, stranger, other_teacher):
        for path in paths:
            filled = path
            for name, value in ids.items():
                filled = filled.replace(f"{{{name}}}", str(value))
            if "{" in filled:
                filled = filled.replace("{user_id}", str(made.student.id))
            answer = await person.get(filled, params={"quiz_id": made.id, "course_id": made.course.id})
            assert "canary" not in answer.text, (path, answer.text)
            if "quiz" in path and person is made.student:
                assert '"is_correct"' not in answer.text, (path, answer.text)
    for answer in (
        await made.student.post(f"{ATTEMPTS}start/", {"quiz_id": made.id}),
        await made.student.call("PUT", f"{ATTEMPTS}{attempt['id']}/answers/", json={"answers": answers_of(attempt)}),
    ):
        assert answer.status_code == 200
        assert "canary" not in answer.text
        assert "is_correct" not in answer.text


def answers_of(attempt: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"question_id": attempt["questions"][1]["id"], "answer_text": "Delhi"}]


async def test_only_the_courses_staff_write_and_read_its_quizzes(sqlite_world: World) -> None:
    made = await exam(sqlite_world)
    other = await sqlite_world.person(Role.INSTRUCTOR)
    question = (await made.written())["questions"][0]["id"]
    reads = [f"{QUIZZES}{made.id}/", f"{QUESTIONS}{question}/", f"{QUIZZES}{made.id}/questions/export/"]
    assert [(await other.get(path)).status_code for path in reads] == [404] * 3
    assert [(await made.student.get(path)).status_code for path in reads] == [403] * 3
    refused = await other.patch(f"{QUIZZES}{made.id}/", {"passing_score": 0})
    assert refused.status_code == 403
    assert (await other.post(QUESTIONS, {"quiz_id": made.id, **CHOICE})).status_code == 403
    attempt = await made.start()
    done = await made.submit(attempt, answers(attempt, right=False))
    seen = (await made.teacher.get(f"{ATTEMPTS}{done['id']}/")).json()
    assert seen["answers"][0]["correct_opt_ids"]  # staff may see it at any time
