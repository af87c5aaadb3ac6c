"""The tour, step by step. Each takes the walk, checks what it gets, and says what it saw."""

import re
from collections.abc import Callable

from entrypoints.tour.buying import BUYING
from entrypoints.tour.expecting import Body, Unexpected, expect
from entrypoints.tour.walk import Walk

COURSE = "Spoken English: From Zero to Fluent"
CONTENTS, DONE, PERCENTAGE = 33, 15, 45.5
CODE = re.compile(r"\b\d{6}\b")


def health(walk: Walk) -> str:
    walk.get("/health/live/")
    body = walk.get("/health/ready/")
    return ", ".join(f"{name} {state}" for name, state in body["checks"].items())


def catalogue(walk: Walk) -> str:
    categories = walk.get("/api/courses/categories/")["results"]
    found = walk.get("/api/courses/courses/", params={"q": COURSE, "limit": 100})["results"]
    wanted = [course for course in found if course["title"] == COURSE]
    if not wanted:
        raise Unexpected(f"“{COURSE}” is not among the {len(found)} found by its title. Run `shala seed --demo` first.")
    walk.course = wanted[0]
    return f"{len(found)} for “{COURSE}”, {len(categories)} categories"


def outline(walk: Walk) -> str:
    walk.course = walk.get(f"/api/courses/courses/{walk.course['id']}/")
    expect("content_count", walk.course["content_count"], CONTENTS)
    locked = [content for content in _contents(walk) if content["is_locked"]]
    expect("The number of locked contents", len(locked), CONTENTS - 1)
    expect("Their lock_reason", {content["lock_reason"] for content in locked}, {"not_enrolled"})
    return f"{len(walk.course['modules'])} modules, {CONTENTS} lessons, {len(locked)} locked"


def preview(walk: Walk) -> str:
    content = walk.get(f"/api/courses/contents/{_contents(walk)[0]['id']}/")
    expect("is_preview", content["is_preview"], True)
    if "<" not in content["text_html"]:
        raise Unexpected("The preview's text_html is no HTML.")
    return f"“{content['title']}”"


def register(walk: Walk) -> str:
    body = {"username": walk.username, "email": walk.email, "password": walk.password, "full_name": "Meera Joshi"}
    user = walk.post("/api/accounts/register/", body, 201)
    expect("email_verified_at", user["email_verified_at"], None)
    return f"{user['username']}, {user['role']}"


def log_in(walk: Walk) -> str:
    tokens = walk.post("/api/accounts/login/", {"email": walk.email, "password": walk.password})
    walk.token, walk.refresh_token = tokens["access_token"], tokens["refresh_token"]
    return f"token for {tokens['expires_in']} s"


def verify_address(walk: Walk) -> str:
    code = CODE.search(walk.mail("code")["text"])
    if code is None:
        raise Unexpected("There is no six-digit code in the mail.")
    user = walk.post("/api/accounts/email/verify/", {"code": code[0]})
    if user["email_verified_at"] is None:
        raise Unexpected("email_verified_at is still null.")
    return "with the code from the mailbox"


def refresh(walk: Walk) -> str:
    body = {"refresh_token": walk.refresh_token}
    first = walk.post("/api/accounts/token/refresh/", body)
    again = walk.post("/api/accounts/token/refresh/", body)
    expect("The successor that the repeat gave", again["refresh_token"], first["refresh_token"])
    if first["refresh_token"] == walk.refresh_token:
        raise Unexpected("The refresh token did not change.")
    walk.token, walk.refresh_token = again["access_token"], again["refresh_token"]
    return "repeated, the same successor"


def wrong_password(walk: Walk) -> str:
    body = {"email": walk.email, "password": "not-the-password"}
    for _ in range(2):
        walk.post("/api/accounts/login/", body, 401, code="invalid_credentials")
    return "401, and again 401"


def locked(walk: Walk) -> str:
    content = _contents(walk)[1]
    walk.get(f"/api/courses/contents/{content['id']}/", 403, code="not_enrolled")
    return f"“{content['title']}” stays closed"


def lessons(walk: Walk) -> str:
    walk.course = walk.get(f"/api/courses/courses/{walk.course['id']}/")
    expect("Locked contents", [content["id"] for content in _contents(walk) if content["is_locked"]], [])
    kinds: dict[str, int] = {}
    for content in _contents(walk):
        kinds.setdefault(content["content_type"], content["id"])
    for kind, content_id in kinds.items():
        opened = walk.get(f"/api/courses/contents/{content_id}/")
        expect("content_type", opened["content_type"], kind)
        if kind == "document":
            expect("The document's size", len(walk.download(opened["playback"]["url"])), _size(opened))
        elif kind == "video":
            expect("video_url", opened["video_url"], opened["playback"]["url"])
    return ", ".join(sorted(kinds))


def study(walk: Walk) -> str:
    readable = [content for content in _contents(walk) if content["content_type"] in {"text", "document"}][:DONE]
    expect("The number of texts and documents", len(readable), DONE)
    answer: Body = {}
    for content in readable:
        body = {"content_id": content["id"], "last_position": 0, "time_spent": 60, "is_completed": True}
        answer = walk.post("/api/courses/progress/update/", body)
    expect("completed_contents", answer["completed_contents"], DONE)
    expect("progress_percentage", answer["progress_percentage"], PERCENTAGE)
    return f"{DONE} of {CONTENTS} lessons are {PERCENTAGE} %"


def progress(walk: Walk) -> str:
    body = walk.get("/api/courses/progress/", params={"course_id": walk.course["id"]})
    expect("progress_percentage", body["progress_percentage"], PERCENTAGE)
    expect("The number of contents", len(body["contents"]), CONTENTS)
    done = [item for item in body["contents"] if (item["progress"] or {}).get("is_completed")]
    expect("The completed ones among them", len(done), DONE)
    return ", ".join(sorted({item["rule"] for item in body["contents"]}))


def enrolments(walk: Walk) -> str:
    (found,) = _one(walk.get("/api/courses/enrollments/")["results"])
    expect("The enrolment's course", found["course"]["title"], COURSE)
    expect("progress_percentage", found["progress_percentage"], PERCENTAGE)
    return f"{found['course']['title']}, {found['progress_percentage']} %"


def devices(walk: Walk) -> str:
    (device,) = _one(walk.get("/api/accounts/sessions/")["results"])
    expect("is_current", device["is_current"], True)
    return f"one, {device['device']}"


def profile(walk: Walk) -> str:
    version = walk.get("/api/accounts/me/")["version"]
    headers = {"If-Match": f'"{version}"'}
    changes = {"full_name": "Meera S. Joshi", "mobile_number": "+919812345678"}
    edited = walk.call("PATCH", "/api/accounts/me/", 200, json=changes, headers=headers)
    expect("full_name", edited["full_name"], changes["full_name"])
    walk.call("PATCH", "/api/accounts/me/", 409, json=changes, headers=headers, code="version_conflict")
    return f"version {version} → {edited['version']}, a stale edit is refused"


def log_out(walk: Walk) -> str:
    walk.post("/api/accounts/logout/", status=204)
    walk.get("/api/accounts/me/", 401)
    walk.token = None
    walk.post("/api/accounts/token/refresh/", {"refresh_token": walk.refresh_token}, 401)
    return "neither token is good any more"


def _contents(walk: Walk) -> list[Body]:
    return [content for module in walk.course["modules"] for content in module["contents"]]


def _size(opened: Body) -> int:
    return int(opened["document"]["size_bytes"])


def _one(results: list[Body]) -> list[Body]:
    expect("The number of results", len(results), 1)
    return results


STEPS: dict[str, Callable[[Walk], str]] = {
    "Health": health,
    "Catalogue": catalogue,
    "Course with locked lessons": outline,
    "Preview without an account": preview,
    "Register": register,
    "Log in": log_in,
    "Verify the address": verify_address,
    "Refresh the token": refresh,
    "A wrong password": wrong_password,
    "A locked lesson": locked,
    **BUYING,
    "Open lessons": lessons,
    "Study": study,
    "Progress, explained": progress,
    "My courses": enrolments,
    "My devices": devices,
    "Edit the profile": profile,
}
"""Until the visitor leaves; `classroom` has what comes in between."""
LAST: dict[str, Callable[[Walk], str]] = {"Log out": log_out}
