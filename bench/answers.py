"""Before anything is measured: every server gives the right answers, and refuses what it must."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

import psycopg
from common import FIRST_STUDENT

COURSES = "/api/courses/courses/?limit=20"
CONTENT = "/api/courses/contents/"
PROGRESS = "/api/courses/progress/update/"
GROUP, SMALL_GROUP = "/api/community/groups/1/", "/api/community/groups/2/"
UNREAD = "/api/community/notifications/unread-count/"
UNREAD_OF_EACH = 10
POST = {"title": "A post title", "content": "The body of a post."}
LESSON, FOREIGN_LESSON = 2, 49 * 33 + 2  # of course 1, which the first student has, and of course 50
POSITION = 40


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    size: int

    def shape(self) -> dict[str, Any]:
        """What the report tells of it: bytes, and the fields of the body or of its first result."""
        one = self.body["results"][0] if "results" in self.body else self.body  # of lists, a row
        return {"bytes": self.size, "fields": sorted(one)}


def ask(base: str, path: str, token: str | None = None, body: Any = None, *, patience_s: float = 20) -> Answer:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=patience_s) as answer:
            raw = answer.read()
            return Answer(answer.status, json.loads(raw), len(raw))
    except urllib.error.HTTPError as error:
        return Answer(error.code, None, 0)


@dataclass(frozen=True)
class Expected:
    """Read from the seed: what the lists hold, and the lesson's title."""

    newest: list[tuple[Any, ...]]
    newest_design: list[tuple[Any, ...]]
    lesson: str
    messages: list[int]

    @classmethod
    def of(cls, seed_dsn: str) -> "Expected":
        columns = "SELECT id, title, price::text, category, level, rating FROM courses"
        cards = columns + " WHERE is_published {} ORDER BY id DESC LIMIT 20"
        with psycopg.connect(seed_dsn) as seed:
            newest, design = (seed.execute(cards.format(x)).fetchall() for x in ("", "AND category = 'design'"))
            lesson = seed.execute("SELECT title FROM contents WHERE id = %s", [LESSON]).fetchone()
            said = "SELECT id FROM chat_messages WHERE group_id = 1 ORDER BY id DESC LIMIT 50"
            messages = [row[0] for row in seed.execute(said)]
        return cls(newest, design, lesson[0] if lesson else "", messages)


def verify(name: str, base: str, token: str, expected: Expected) -> dict[str, Any]:
    """The shape of each answer, by scenario. `token` is the first student's.

    :raises SystemExit: an answer is wrong; a rate of wrong answers means nothing.
    """
    report = {"content_id": LESSON, "last_position": POSITION, "time_spent": POSITION}
    answers = {
        "courses": ask(base, COURSES),
        "courses_cat": ask(base, COURSES + "&category=design"),
        "content": ask(base, f"{CONTENT}{LESSON}/", token),
        "progress": ask(base, PROGRESS, token, report),
        "messages": ask(base, f"{GROUP}messages/", token),
        "unread": ask(base, UNREAD, token),
    }
    if wrong := [scenario for scenario, answer in answers.items() if answer.status != 200]:
        raise SystemExit(f"{name} does not answer 200: {wrong}")
    for scenario, cards in (("courses", expected.newest), ("courses_cat", expected.newest_design)):
        names = ("id", "title", "price", "category", "level", "rating")
        found = [tuple(row[key] for key in names) for row in answers[scenario].body["results"]]
        demand(name, scenario, found, cards)
    lesson, told = answers["content"].body, answers["progress"].body
    demand(name, "content", (lesson["id"], lesson["course_id"], lesson["title"]), (LESSON, 1, expected.lesson))
    demand(name, "progress", (told["course_id"], told.get("progress", told)["last_position"]), (1, POSITION))
    demand(name, "messages", [row["id"] for row in answers["messages"].body["results"]], expected.messages)
    demand(name, "unread", answers["unread"].body["unread_count"], UNREAD_OF_EACH)
    posted = ask(base, f"{GROUP}posts/", token, POST)
    demand(name, "post", (posted.status, posted.body and posted.body["content"]), (201, POST["content"]))
    demand(name, "a post in a group of others", ask(base, f"{SMALL_GROUP}posts/", token, POST).status, 403)
    demand(name, "a content of another course", ask(base, f"{CONTENT}{FOREIGN_LESSON}/", token).status, 403)
    demand(name, "a content without a token", ask(base, f"{CONTENT}{LESSON}/").status, 401)
    return {scenario: answer.shape() for scenario, answer in {**answers, "post_small": posted}.items()}


def verify_revocation(base: str, token: str) -> None:
    """A signed, unexpired token of a login that has ended is refused."""
    demand("shala", "a token of an ended login", ask(base, f"{CONTENT}{LESSON}/", token).status, 401)


def first_token(lines: str) -> str:
    """The first student's, from `user_id token` lines."""
    return dict(line.split() for line in lines.splitlines())[str(FIRST_STUDENT)]


def demand(name: str, what: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise SystemExit(f"{name} answers wrongly ({what}):\n  found  {found}\n  wanted {wanted}")
