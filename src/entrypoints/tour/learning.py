"""The tour's own course: learnt offline, checked by a quiz, reviewed, and certified."""

import uuid
from datetime import UTC, datetime
from typing import Any

import jwt

from entrypoints.tour.expecting import Body, Unexpected, expect, patiently
from entrypoints.tour.walk import Walk

COURSE = "Say Hello: Your First Ten Minutes"
SYNC, ATTEMPTS, REVIEWS = "/api/courses/progress/sync/", "/api/courses/quiz-attempts/", "/api/courses/reviews/"
CERTIFICATES = "/api/courses/certificates/"
KNOWN = {
    "___ morning! How are you?": {"Good"},
    "Which of these greet somebody?": {"Hello!", "Good evening!"},
    "“How do you do?” asks for a long answer.": {"False"},
    "How many words has “Nice to meet you”?": {"4"},
    "नमस्ते in English, in one word?": {"hello"},
}
"""What the visitor knows after the lessons."""


def enrol(walk: Walk) -> str:
    found = walk.get("/api/courses/courses/", params={"q": COURSE})["results"]
    wanted = [course for course in found if course["title"] == COURSE]
    if not wanted:
        raise Unexpected(f"There is no “{COURSE}”: this database is older than the demo's quiz.")
    walk.post("/api/courses/enrollments/", {"course_id": wanted[0]["id"]}, 201)
    walk.taster = walk.get(f"/api/courses/courses/{wanted[0]['id']}/")
    return f"“{COURSE}”, free"


def note(walk: Walk) -> str:
    content = _contents(walk)["text"]
    body = {"content_id": content["id"], "text": "Say it aloud!", "position": None}
    written = walk.post("/api/courses/notes/", body, 201)
    walk.call("PUT", f"/api/courses/contents/{content['id']}/bookmark/", 204, json={})
    (listed,) = walk.get("/api/courses/notes/", params={"course_id": walk.taster["id"]})["results"]
    expect("The note", listed["id"], written["id"])
    return "a note and a bookmark"


def offline(walk: Walk) -> str:
    """What happened on a train comes in the wrong order, and twice; nobody watches faster than the clock."""
    contents = _contents(walk)
    told = [
        _event(contents["video"], 10, 10, watched=[[5, 10]]),
        _event(contents["text"], is_completed=True),
        _event(contents["video"], 5, 5, watched=[[0, 5]]),
        _event(contents["document"], is_completed=True),
    ]
    first = walk.post(SYNC, {"events": told})
    expect("The results", [one["status"] for one in first["results"]], ["applied"] * 4)
    again = walk.post(SYNC, {"events": told[::-1]})
    expect("The repeat's results", [one["status"] for one in again["results"]], ["duplicate"] * 4)

    def completed() -> Body | None:
        told = walk.post(SYNC, {"events": [_event(contents["video"], 10, 10, watched=[[0, 10]])]})
        return told if told["courses"][0]["completed_contents"] >= 3 else None

    patiently(completed, lambda: f"Three lessons should have been completed by now: {walk.last}")
    return "four events, repeated without effect; 3 of 4 lessons"


def fail(walk: Walk) -> str:
    quiz = walk.get(f"/api/courses/contents/{_contents(walk)['quiz']['id']}/")["quiz"]
    paper = walk.post(f"{ATTEMPTS}start/", {"quiz_id": quiz["id"]}, 201)
    again = walk.post(f"{ATTEMPTS}start/", {"quiz_id": quiz["id"]}, 200)
    expect("The repeated start", again["id"], paper["id"])
    if "is_correct" in walk.last:
        raise Unexpected("The paper tells which answers are right.")
    done = walk.post(f"{ATTEMPTS}{paper['id']}/submit/", {"answers": _said(paper)[:1]})
    expect("passed", done["passed"], False)
    return f"{done['score']} %, {quiz['passing_score']} % are asked for"


def succeed(walk: Walk) -> str:
    quiz_id = walk.get(f"/api/courses/contents/{_contents(walk)['quiz']['id']}/")["quiz"]["id"]
    paper = walk.post(f"{ATTEMPTS}start/", {"quiz_id": quiz_id}, 201)
    said = _said(paper)
    walk.call("PUT", f"{ATTEMPTS}{paper['id']}/answers/", 200, json={"answers": said, "revision": 1})
    done = walk.post(f"{ATTEMPTS}{paper['id']}/submit/", {})
    again = walk.post(f"{ATTEMPTS}{paper['id']}/submit/", {"answers": []})
    expect("The repeat's score", again["score"], done["score"])
    expect("What was passed", (done["passed"], done["score"], done["progress_percentage"]), (True, 100.0, 100.0))
    return "100.0 %, saved and handed in, repeated: the same; the course is complete"


def review(walk: Walk) -> str:
    body = {"course_id": walk.taster["id"], "rating": 5, "comment": "I said hello to everybody."}
    written = walk.post(REVIEWS, body, 201)
    walk.post(REVIEWS, body, 409, code="already_reviewed")
    course = walk.get(f"/api/courses/courses/{walk.taster['id']}/")
    walk.post(f"{REVIEWS}{written['id']}/report/", {"reason": "other"}, 204)
    return f"5 stars; {course['rating']} of {course['rating_count']}"


def certificate(walk: Walk) -> str:
    """Checked at the server by its number, and without it by the published key."""
    (mine,) = walk.get(CERTIFICATES)["results"]
    expect("The course", mine["course"]["title"], COURSE)
    checked = walk.get(f"{CERTIFICATES}{mine['number'].lower()}/")
    expect("What the number says", checked, mine)
    keys = jwt.PyJWKSet.from_dict(walk.get(f"{CERTIFICATES}keys/"))
    said = jwt.decode(mine["token"], keys[mine["key_id"]], algorithms=["EdDSA"])
    expect("The signed number", said["jti"], mine["number"])
    printed = walk.download(f"{CERTIFICATES}{mine['number']}/pdf/")
    expect("The file's beginning", printed[:5], b"%PDF-")
    return f"{mine['number']}, signature verified, {len(printed) // 1024} KiB to print"


def _contents(walk: Walk) -> dict[str, Body]:
    """One of each type."""
    return {one["content_type"]: one for module in walk.taster["modules"] for one in module["contents"]}


def _event(content: Body, position: int = 0, spent: int = 1, **more: Any) -> Body:
    told = {"content_id": content["id"], "last_position": position, "time_spent": spent}
    return {"event_id": str(uuid.uuid4()), "occurred_at": datetime.now(UTC).isoformat(), **told, **more}


def _said(paper: Body) -> list[Body]:
    """What the visitor answers."""
    answers = []
    for question in paper["questions"]:
        known = KNOWN[question["question_text"]]
        chosen = [option["id"] for option in question["options"] if option["option_text"] in known]
        answer: Body = {"question_id": question["id"]}
        if not question["options"]:
            answer["answer_text"] = next(iter(known))
        elif question["question_type"] == "multiple_choice":
            answer["selected_opt_ids"] = chosen
        else:
            answer["selected_opt_id"] = chosen[0]
        answers.append(answer)
    return answers


STEPS = {
    "A free course": enrol,
    "Notes": note,
    "Learn offline": offline,
    "Fail the quiz": fail,
    "Pass the quiz": succeed,
    "Review the course": review,
    "Certificate": certificate,
}
