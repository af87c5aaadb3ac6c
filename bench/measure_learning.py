"""Take the samples of learning: a quiz started and handed in, and a hundred offline events in one call.

No peer has either, so Shala stands alone, beside what its own processor time says. Runs in the peers' venv.
"""

import http.client
import json
import os
import random
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import bench
import psycopg
from measure import begin, peers_tokens
from places import OURS, SEED, Places
from servers import CallsShala

FILE = "learning.json"
CONNECTIONS = (16, 1)
EVENTS, LESSONS = 100, 33
TICK = os.sysconf("SC_CLK_TCK")
START, SYNC = "/api/courses/quiz-attempts/start/", "/api/courses/progress/sync/"
Unit = Callable[["Student"], None]


class LearningShala(CallsShala):
    def _fill(self) -> None:
        super()._fill()
        fill = str(OURS / "fill_learning.py")
        self._run(self.process.python, fill, self.places.dsn(SEED), self.places.dsn(self.db))


class Student:
    """One connection, and who is logged in on it."""

    def __init__(self, base: str, token: str, course: int, quiz: int) -> None:
        self.course, self.quiz = course, quiz
        self._headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        at = urlsplit(base)
        self._connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=30)

    def connect(self) -> None:
        """Anew: what has been idle since the last sample the server may be closing just now."""
        self._connection.close()
        self._connection.connect()

    def post(self, path: str, body: Any, *statuses: int) -> Any:
        self._connection.request("POST", path, json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status not in statuses:
            raise RuntimeError(f"{path}: {answer.status} {said[:500]!r}")
        return json.loads(said)


def sit_quiz(student: Student) -> None:
    paper = student.post(START, {"quiz_id": student.quiz}, 201)
    answers = [
        {"question_id": asked["id"], "selected_opt_id": random.choice(asked["options"])["id"]}
        for asked in paper["questions"]
    ]
    done = student.post(f"/api/courses/quiz-attempts/{paper['id']}/submit/", {"answers": answers}, 200)
    if done["status"] != "submitted" or len(done["answers"]) != len(answers):
        raise RuntimeError(f"A paper that was not graded: {done}")


def tell(student: Student) -> None:
    events = []
    for _ in range(EVENTS):
        at = random.randrange(1_000)
        events.append(
            {
                "event_id": str(uuid.uuid4()),
                "content_id": (student.course - 1) * LESSONS + random.randint(1, LESSONS),
                "occurred_at": f"2026-01-01T00:{at // 60 % 60:02d}:{at % 60:02d}Z",
                "last_position": at,
                "time_spent": at,
                "watched": [[at, at + 10]],
            }
        )
    results = student.post(SYNC, {"events": events}, 200)["results"]
    if [one["status"] for one in results] != ["applied"] * EVENTS:
        raise RuntimeError(f"Not all were applied: {results[:5]}")


UNITS: dict[str, Unit] = {"quiz": sit_quiz, "sync": tell}


def sample(shala: CallsShala, students: list[Student], unit: Unit, seconds: float) -> dict[str, float]:
    """All students do it over and over; how often in all, how long it took each, and what it cost the server."""
    until, took, failures = time.monotonic() + seconds, list[float](), list[Exception]()

    def work(student: Student) -> None:
        student.connect()
        while (began := time.monotonic()) < until:
            try:
                unit(student)
            except (OSError, http.client.HTTPException, RuntimeError) as error:
                failures.append(error)
                return
            took.append(time.monotonic() - began)

    cpu, began = _cpu_s(shala.p.pid), time.monotonic()
    threads = [threading.Thread(target=work, args=(student,)) for student in students]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise SystemExit(f"A sample with errors: {failures[0]}")
    elapsed, spent = time.monotonic() - began, _cpu_s(shala.p.pid) - cpu
    took.sort()
    p50, p99 = (took[int(len(took) * share)] * 1_000 for share in (0.5, 0.99))
    return {"rate": len(took) / elapsed, "p50": p50, "p99": p99, "cpu_ms": spent * 1_000 / len(took), "n": len(took)}


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def students_of(shala: CallsShala, count: int) -> list[Student]:
    """Each in a course of theirs, as the shared data enrols them."""
    with psycopg.connect(shala.places.dsn(shala.db), autocommit=True) as connection:
        found = connection.execute("SELECT c.course_id, q.id FROM quizzes q JOIN contents c ON c.id = q.content_id")
        quizzes = dict(found.fetchall())
        enrolled = dict(connection.execute("SELECT user_id, min(course_id) FROM enrollments GROUP BY 1").fetchall())
    tokens = [line.split() for line in shala.tokens.read_text().splitlines()][:count]
    courses = {token: enrolled[int(user)] for user, token in tokens}
    return [Student(shala.base, token, course, quizzes[course]) for token, course in courses.items()]


def run(places: Places, rounds: int, seconds: int) -> None:
    bench.Server.port = places.http_port
    with ExitStack() as stack:
        stack.enter_context(peers_tokens(200))
        shala = stack.enter_context(LearningShala(places))
        students = students_of(shala, max(CONNECTIONS))
        samples: dict[str, list[dict[str, float]]] = {}
        for rnd in range(rounds + 1):  # the first warms up
            for name, unit in UNITS.items():
                for connections in CONNECTIONS:
                    found = sample(shala, students[:connections], unit, seconds)
                    shala.await_worker()
                    if rnd:
                        samples.setdefault(f"{name} {connections}", []).append(found)
    (places.out / FILE).write_text(json.dumps({"rounds": rounds, "seconds": seconds, "samples": samples}, indent=1))


if __name__ == "__main__":
    begin(__doc__ or "", run, rounds=3, seconds=5)
