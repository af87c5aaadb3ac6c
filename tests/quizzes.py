"""A course with a quiz, somebody who takes it, and what they answer."""

from dataclasses import dataclass
from typing import Any

from core.actor import Role
from modules.learning.domain.catalogue import ContentType
from worlds import PASSWORD, MadeCourse, Person, World

QUIZZES, QUESTIONS, ATTEMPTS = "/api/courses/quizzes/", "/api/courses/questions/", "/api/courses/quiz-attempts/"
CHOICE: dict[str, Any] = {
    "question_text": "I ___ Asha",
    "question_type": "single_choice",
    "points": 2,
    "explanation": "The verb goes with *I*.",
    "options": [
        {"option_text": "am", "is_correct": True},
        {"option_text": "is", "is_correct": False},
        {"option_text": "are", "is_correct": False},
    ],
}
SEVERAL: dict[str, Any] = {
    "question_text": "Which are fruits?",
    "question_type": "multiple_choice",
    "points": 3,
    "options": [
        {"option_text": "Mango", "is_correct": True},
        {"option_text": "Potato", "is_correct": False},
        {"option_text": "Guava", "is_correct": True},
    ],
}
TRUE: dict[str, Any] = {
    "question_text": "Delhi is a capital.",
    "question_type": "true_false",
    "options": [{"option_text": "True", "is_correct": True}, {"option_text": "False", "is_correct": False}],
}
NUMBER: dict[str, Any] = {
    "question_text": "Pi, to two decimals?",
    "question_type": "numeric",
    "tolerance": "0.005",
    "options": [{"option_text": "3.14"}],
}
TEXT: dict[str, Any] = {
    "question_text": "The capital of India?",
    "question_type": "short_text",
    "points": 4,
    "explanation": "Since 1911.",
    "options": [{"option_text": "New Delhi"}, {"option_text": "Delhi"}],
}
ALL: tuple[dict[str, Any], ...] = (CHOICE, SEVERAL, TRUE, NUMBER, TEXT)
"""Eleven points."""


@dataclass
class Exam:
    world: World
    course: MadeCourse
    teacher: Person
    student: Person
    content_id: int
    id: int
    enrollment_id: int

    async def start(self, person: Person | None = None, *, status: int = 201) -> dict[str, Any]:
        answer = await (person or self.student).post(f"{ATTEMPTS}start/", {"quiz_id": self.id})
        assert answer.status_code == status, answer.text
        return answer.json()

    async def save(self, attempt: dict[str, Any], answers: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        path = f"{ATTEMPTS}{attempt['id']}/answers/"
        answer = await self.student.call("PUT", path, json={"answers": answers, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def submit(self, attempt: dict[str, Any], answers: list[dict[str, Any]] | None = None) -> dict[str, Any]:
        body = {} if answers is None else {"answers": answers}
        answer = await self.student.post(f"{ATTEMPTS}{attempt['id']}/submit/", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def read(self, attempt: dict[str, Any]) -> dict[str, Any]:
        answer = await self.student.get(f"{ATTEMPTS}{attempt['id']}/")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def later(self, **by: float) -> None:
        """Time passes; who has a token gets another."""
        self.world.clock.advance(**by)
        for person in (self.student, self.teacher):
            tokens = await self.world.house.workflows.logins.login(person.email, PASSWORD, device="test")
            person.token = tokens.access_token

    async def card(self) -> dict[str, Any]:
        return (await self.student.get(f"/api/courses/contents/{self.content_id}/")).json()["quiz"]

    async def written(self) -> dict[str, Any]:
        return (await self.teacher.get(f"{QUIZZES}{self.id}/")).json()


async def exam(world: World, *questions: dict[str, Any], texts: int = 1, **settings: Any) -> Exam:
    """A published quiz beside some texts, and an enrolled student."""
    teacher, student = await world.person(Role.INSTRUCTOR), await world.person()
    course = await world.course(texts=texts, instructor=teacher, publish=False)
    content_id = await world.content(course, ContentType.QUIZ, title="Check", publish=False)
    made = await teacher.post(QUIZZES, {"content_id": content_id, **settings})
    assert made.status_code == 201, made.text
    quiz_id = made.json()["id"]
    for question in questions or ALL:
        added = await teacher.post(QUESTIONS, {"quiz_id": quiz_id, **question})
        assert added.status_code == 201, added.text
    published = await teacher.post(f"/api/courses/contents/{content_id}/publish/")
    assert published.status_code == 200, published.text
    await world.house.workflows.authoring.publish((await world.admin()).actor, course.id)
    enrolled = await world.enrol(student, course)
    return Exam(world, course, teacher, student, content_id, quiz_id, enrolled)


def answers(attempt: dict[str, Any], *, right: bool = True) -> list[dict[str, Any]]:
    """What somebody who knows everything, or nothing, says to this paper."""
    return [_answer(question, right=right) for question in attempt["questions"]]


def _answer(question: dict[str, Any], *, right: bool) -> dict[str, Any]:
    said = next(one for one in ALL if one["question_text"] == question["question_text"])
    texts = [o["option_text"] for o in said["options"] if o.get("is_correct", True) == right]
    named = {o["option_text"]: o["id"] for o in question["options"]}
    answer: dict[str, Any] = {"question_id": question["id"]}
    if question["question_type"] in {"single_choice", "true_false"}:
        return {**answer, "selected_opt_id": named[texts[0]]}
    if question["question_type"] == "multiple_choice":
        return {**answer, "selected_opt_ids": [named[text] for text in texts]}
    return {**answer, "answer_text": texts[0] if right else "4"}
