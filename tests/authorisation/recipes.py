"""How each route is called so that it would succeed, for somebody who may. One entry a route; see `School.target`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

from authorisation.lessons import STATUSES
from authorisation.school import FOREIGN, MISSING, OWN, Target, archive, picture
from worlds import PASSWORD

ALL = (OWN, FOREIGN, MISSING)
numbers = count(1)
Filled = Callable[[Target], dict[str, Any]]


@dataclass(frozen=True)
class Recipe:
    """`kind` of the target and whose targets to try; `anew` names what the call uses up of its caller.

    `variant` tells several recipes of one route apart. `names` maps the path's parameters to the target's; `below` is
    what follows the path of a mounted application. Every recipe but one without `succeeds` must succeed for somebody.
    """

    kind: str = ""
    whose: tuple[str, ...] = ()
    body: Filled | None = None
    query: Filled | None = None
    headers: Filled | None = None
    file: tuple[str, bytes, str] | None = None
    names: dict[str, str] = field(default_factory=dict)
    anew: str = ""
    variant: str = ""
    succeeds: bool = True
    raw: bool = False
    below: str = ""
    frame: Filled | None = None


PLAIN = Recipe()
PICTURE = ("a.png", picture(), "image/png")
CSV = ("a.csv", b"email\nsomebody@example.com\n", "text/csv")
DOCUMENT = ("a.txt", b"words", "text/plain")
COURSE = Recipe("course", ALL)
DOCS = Recipe(succeeds=False, names={"path": "path"})


def about(kind: str, body: Filled | None = None, **options: Any) -> Recipe:
    return Recipe(kind, options.pop("whose", ALL), body, **options)


def sending(body: Filled, **options: Any) -> Recipe:
    return Recipe(body=body, **options)


def new_name() -> str:
    return f"matrix{next(numbers)}"


def registration(_: Target) -> dict[str, Any]:
    name = new_name()
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD}


def proven(*names: str, **fixed: str) -> Filled:
    """These values of the target, and fixed ones."""
    return lambda target: {**{name: target[name] for name in names}, **fixed}


def told(content_id: int) -> dict[str, Any]:
    """What a phone did offline."""
    event = {"event_id": str(uuid4()), "occurred_at": "2025-12-15T10:30:00Z"}
    return {**event, "content_id": content_id, "last_position": 0, "time_spent": 1}


def always(**fixed: Any) -> Filled:
    return lambda _: fixed


def framed(said: dict[str, Any]) -> Filled | None:
    """The frame with the target's ids in it."""
    if not said:
        return None
    return lambda target: {name: target.get(value, value) if name != "type" else value for name, value in said.items()}


ON_CHAT: tuple[dict[str, Any], ...] = (
    {},
    {"type": "chat_message", "message": "Hello"},
    {"type": "message_edit", "message_id": "message_id", "message": "Hello again"},
    {"type": "message_delete", "message_id": "message_id"},
    {"type": "read_receipt", "message_id": "message_id"},
    {"type": "delivered", "seq": 0},
    {"type": "typing", "is_typing": True},
    {"type": "presence_get"},
    {"type": "auth_refresh", "token": "nonsense"},
    {"type": "pong"},
)
N = "/api/community/notifications"
NOTIFICATION = f"{N}/{{notification_id}}"
ON_NOTIFICATIONS: tuple[dict[str, Any], ...] = (
    {"type": "direct_message", "community_id": "community_id", "recipient_id": "user_id", "message": "Hello"},
    {"type": "message_edit", "message_id": "message_id", "message": "Hello again"},
    {"type": "message_delete", "message_id": "message_id"},
    {"type": "read_receipt", "message_id": "message_id"},
    {"type": "pong"},
)
A, C, P, G = "/api/accounts", "/api/courses", "/api/payments", "/api/community/groups"
POSTS, POST = "/api/community/posts", "/api/community/posts/{post_id}"
MESSAGES, MESSAGE = "/api/community/messages", "/api/community/messages/{message_id}"
ONE, SOMEBODY = f"{G}/{{community_id}}", f"{G}/{{community_id}}/members/{{user_id}}"
REVIEW = f"{C}/reviews/{{review_id}}"
QUIZ, ATTEMPTS = f"{C}/quizzes/{{quiz_id}}", f"{C}/quiz-attempts"
GIFT = ("a.gift", b"Are you? {T}", "text/plain")
ARCHIVE = ("a.zip", archive(), "application/zip")
CAPTIONS = ("a.vtt", b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n", "text/vtt")
QUESTION: dict[str, Any] = {
    "question_text": "Are they?",
    "question_type": "true_false",
    "options": [{"option_text": "Yes", "is_correct": True}, {"option_text": "No", "is_correct": False}],
}
T = "/api/attendance"
L, LESSON = f"{T}/sessions", f"{T}/sessions/{{session_id}}"
TALKS, TALK = "/api/chatbot/conversations", "/api/chatbot/conversations/{conversation_id}"
MARKS = ("a.csv", b"username,status\npupil,late\n", "text/csv")
NEW_PASSWORD = "another-good-phrase-2"
RECIPES: dict[tuple[str, str], tuple[Recipe, ...]] = {
    # accounts
    ("POST", f"{A}/register"): (sending(registration),),
    ("POST", f"{A}/login"): (about("account", proven("email", password=PASSWORD), whose=(OWN,)),),
    ("POST", f"{A}/token/refresh"): (about("account", proven("refresh_token"), whose=(OWN,), anew="account"),),
    ("POST", f"{A}/logout"): (Recipe(anew="login"),),
    ("POST", f"{A}/logout-all"): (Recipe(anew="account"),),
    ("POST", f"{A}/ws-ticket"): (PLAIN,),
    ("GET", f"{A}/me"): (PLAIN,),
    ("PATCH", f"{A}/me"): (sending(always(full_name="Somebody Else")),),
    ("DELETE", f"{A}/me"): (sending(always(password=PASSWORD), anew="account"),),
    ("POST", f"{A}/me/profile-image"): (Recipe(file=PICTURE),),
    ("DELETE", f"{A}/me/profile-image"): (PLAIN,),
    ("GET", f"{A}/me/export"): (PLAIN,),
    ("POST", f"{A}/password/change"): (
        sending(always(current_password=PASSWORD, new_password=NEW_PASSWORD), anew="account"),
    ),
    ("POST", f"{A}/password/forgot"): (about("account", proven("email"), whose=(OWN,), anew="account"),),
    ("POST", f"{A}/password/reset"): (
        about(
            "account",
            lambda t: {"email": t["email"], "code": t["reset"], "new_password": NEW_PASSWORD},
            whose=(OWN,),
            anew="account",
        ),
    ),
    ("POST", f"{A}/email/verify"): (
        about("account", lambda t: {"code": t["verification"]}, whose=(OWN,), anew="account"),
    ),
    ("POST", f"{A}/email/resend"): (Recipe(anew="account"),),
    ("POST", f"{A}/email/change"): (
        sending(lambda _: {"email": f"{new_name()}@example.com", "password": PASSWORD}, anew="account"),
    ),
    ("GET", f"{A}/sessions"): (PLAIN,),
    ("DELETE", f"{A}/sessions/{{session_id}}"): (about("login"),),
    ("GET", f"{A}/users"): (PLAIN,),
    ("GET", f"{A}/users/{{user_id}}"): (about("user"),),
    ("PATCH", f"{A}/users/{{user_id}}"): (
        about("user", always(role="instructor"), variant="role"),
        about("user", always(is_active=False), variant="ban"),
    ),
    ("POST", f"{A}/users/{{user_id}}/logout-all"): (about("user", anew="account"),),
    ("GET", f"{A}/audit"): (PLAIN,),
    # courses
    ("GET", f"{C}/courses"): (PLAIN,),
    ("POST", f"{C}/courses"): (sending(always(title="A new course")),),
    ("GET", f"{C}/courses/{{course_id}}"): (
        Recipe("course", ALL, variant="published"),
        about("draft_course", variant="draft"),
    ),
    ("PATCH", f"{C}/courses/{{course_id}}"): (about("course", always(description="Speak.")),),
    ("DELETE", f"{C}/courses/{{course_id}}"): (about("new_course"),),
    ("POST", f"{C}/courses/{{course_id}}/publish"): (about("draft_course", always()),),
    ("POST", f"{C}/courses/{{course_id}}/unpublish"): (about("new_course", always()),),
    ("POST", f"{C}/courses/{{course_id}}/thumbnail"): (about("course", file=PICTURE),),
    ("DELETE", f"{C}/courses/{{course_id}}/thumbnail"): (COURSE,),
    ("GET", f"{C}/courses/{{course_id}}/instructors"): (COURSE,),
    ("POST", f"{C}/courses/{{course_id}}/instructors"): (about("new_course", proven("user_id")),),
    ("DELETE", f"{C}/courses/{{course_id}}/instructors/{{user_id}}"): (about("new_course"),),
    ("POST", f"{C}/courses/{{course_id}}/modules/reorder"): (about("course", lambda t: {"ids": [t["module_id"]]}),),
    ("POST", f"{C}/courses/{{course_id}}/enrollments/import"): (about("course", file=CSV),),
    ("GET", f"{C}/categories"): (PLAIN,),
    ("POST", f"{C}/categories"): (sending(lambda _: {"title": new_name()}),),
    # modules and contents
    ("POST", f"{C}/modules"): (about("new_course", proven("course_id", title="One more")),),
    ("PATCH", f"{C}/modules/{{module_id}}"): (about("course", always(title="Greetings again")),),
    ("DELETE", f"{C}/modules/{{module_id}}"): (about("new_course", names={"module_id": "empty_id"}),),
    ("POST", f"{C}/modules/{{module_id}}/contents/reorder"): (about("course", lambda t: {"ids": t["content_ids"]}),),
    ("POST", f"{C}/contents"): (
        about("new_course", proven("module_id", title="One more", content_type="text", text_content="Hello")),
    ),
    ("GET", f"{C}/contents/{{content_id}}"): (
        about("course", variant="preview", names={"content_id": "preview_id"}),
        about("course", variant="lesson"),
        about("course", variant="draft", names={"content_id": "draft_id"}),
        about("draft_course", variant="preview of a draft course", names={"content_id": "preview_id"}),
    ),
    ("PATCH", f"{C}/contents/{{content_id}}"): (about("course", always(title="Another title")),),
    ("DELETE", f"{C}/contents/{{content_id}}"): (about("new_course"),),
    ("POST", f"{C}/contents/{{content_id}}/publish"): (
        about("new_course", always(), names={"content_id": "draft_id"}),
    ),
    ("POST", f"{C}/contents/{{content_id}}/unpublish"): (about("new_course", always()),),
    ("POST", f"{C}/contents/{{content_id}}/file"): (
        about("new_course", file=DOCUMENT, names={"content_id": "document_id"}),
    ),
    ("ASGI", f"{C}/files"): (about("file", below="/{token}"),),
    # enrolments and progress
    ("GET", f"{C}/enrollments"): (PLAIN,),
    ("GET", f"{C}/enrollments/{{enrollment_id}}"): (about("belonging"),),
    ("POST", f"{C}/enrollments"): (about("free_course", proven("course_id")),),
    ("POST", f"{C}/enrollments/grant"): (about("new_student", proven("course_id", "user_id")),),
    ("PATCH", f"{C}/enrollments/{{enrollment_id}}"): (about("belonging", always(is_active=True)),),
    ("GET", f"{C}/enrollments/imports/{{import_id}}"): (about("belonging"),),
    ("GET", f"{C}/enrollments/imports/{{import_id}}/results"): (about("belonging"),),
    ("POST", f"{C}/progress/update"): (
        about("course", lambda t: {"content_id": t["content_id"], "last_position": 0, "time_spent": 1}),
    ),
    ("GET", f"{C}/progress"): (
        about("course", query=proven("course_id"), variant="one's own"),
        about("student_of_course", query=proven("course_id", "user_id"), variant="a student's"),
    ),
    ("POST", f"{C}/progress/sync"): (about("course", lambda t: {"events": [told(t["content_id"])]}, whose=(OWN,)),),
    # reviews, notes and bookmarks
    ("GET", f"{C}/reviews"): (about("course", query=proven("course_id")),),
    ("POST", f"{C}/reviews"): (about("course", lambda t: {"course_id": t["course_id"], "rating": 5}),),
    ("GET", f"{C}/reviews/reported"): (PLAIN,),
    ("PATCH", REVIEW): (about("review", always(rating=4)),),
    ("DELETE", REVIEW): (about("review"),),
    ("PUT", f"{REVIEW}/reply"): (about("review", always(text="Thank you.")),),
    ("DELETE", f"{REVIEW}/reply"): (about("review"),),
    ("POST", f"{REVIEW}/report"): (about("review", always(reason="spam")),),
    ("POST", f"{REVIEW}/hide"): (about("review", always()),),
    ("POST", f"{REVIEW}/keep"): (about("review", always()),),
    ("GET", f"{C}/notes"): (PLAIN,),
    ("POST", f"{C}/notes"): (about("course", proven("content_id", text="Ask why.")),),
    ("PATCH", f"{C}/notes/{{note_id}}"): (about("note", always(text="I know.")),),
    ("DELETE", f"{C}/notes/{{note_id}}"): (about("note"),),
    ("GET", f"{C}/bookmarks"): (PLAIN,),
    ("PUT", f"{C}/contents/{{content_id}}/bookmark"): (about("course", always(position=5)),),
    ("DELETE", f"{C}/contents/{{content_id}}/bookmark"): (about("course", whose=(OWN,)),),
    # figures and archives
    ("GET", f"{C}/analytics/enrollments"): (PLAIN, about("course", query=proven("course_id"), variant="of a course")),
    ("GET", f"{C}/analytics/attendance"): (PLAIN, about("course", query=proven("course_id"), variant="of a course")),
    ("GET", f"{C}/analytics/funnel"): (PLAIN, about("course", query=proven("course_id"), variant="of a course")),
    ("GET", f"{C}/analytics/contents"): (about("course", query=proven("course_id")),),
    ("GET", f"{C}/analytics/completion-time"): (
        PLAIN,
        about("course", query=proven("course_id"), variant="of a course"),
    ),
    ("GET", f"{C}/analytics/quizzes/{{quiz_id}}"): (about("quiz"),),
    ("GET", f"{C}/analytics/students"): (about("course", query=proven("course_id")),),
    ("GET", f"{C}/courses/{{course_id}}/archive"): (about("course"),),
    ("POST", f"{C}/courses/import"): (Recipe(file=ARCHIVE),),
    # uploads and captions
    ("POST", f"{C}/contents/{{content_id}}/uploads"): (
        about(
            "course",
            always(file_name="a.txt", mime_type="text/plain", size_bytes=5),
            names={"content_id": "document_id"},
        ),
    ),
    ("POST", f"{C}/uploads/{{upload_id}}/complete"): (about("upload"),),
    ("PUT", f"{C}/upload-slots/{{token}}"): (about("slot", whose=(OWN, MISSING), raw=True),),
    ("PUT", f"{C}/contents/{{content_id}}/captions/{{language}}"): (about("film", file=CAPTIONS),),
    ("DELETE", f"{C}/contents/{{content_id}}/captions/{{language}}"): (about("film"),),
    # certificates
    ("GET", f"{C}/certificates"): (
        PLAIN,
        about("course", query=proven("course_id"), variant="of a course"),
    ),
    ("GET", f"{C}/certificates/keys"): (PLAIN,),
    ("GET", f"{C}/certificates/{{number}}"): (about("certificate", whose=(OWN, MISSING)),),
    ("GET", f"{C}/certificates/{{number}}/pdf"): (about("certificate", whose=(OWN, MISSING)),),
    ("POST", f"{C}/certificates/{{number}}/revoke"): (about("new_certificate", always(reason="Fraud")),),
    ("GET", "/certificates/{number}"): (about("certificate", whose=(OWN, MISSING)),),
    # quizzes
    ("GET", f"{C}/quizzes"): (about("course", query=proven("course_id")),),
    ("POST", f"{C}/quizzes"): (about("new_quiz_content", lambda t: {"content_id": t["quiz_content_id"]}),),
    ("GET", QUIZ): (about("quiz"),),
    ("PATCH", QUIZ): (about("quiz", always(passing_score=60)),),
    ("DELETE", QUIZ): (about("new_quiz"),),
    ("POST", f"{QUIZ}/questions/reorder"): (about("quiz", lambda t: {"ids": [t["question_id"]]}),),
    ("POST", f"{QUIZ}/questions/import"): (about("new_quiz", file=GIFT),),
    ("GET", f"{QUIZ}/questions/export"): (about("quiz"),),
    ("GET", f"{QUIZ}/allowances"): (about("quiz"),),
    ("PUT", f"{QUIZ}/allowances/{{user_id}}"): (about("quiz", always(extra_time=60)),),
    ("POST", f"{C}/questions"): (about("new_quiz", lambda t: {"quiz_id": t["quiz_id"], **QUESTION}),),
    ("GET", f"{C}/questions/{{question_id}}"): (about("quiz"),),
    ("PATCH", f"{C}/questions/{{question_id}}"): (about("quiz", always(points=2)),),
    ("DELETE", f"{C}/questions/{{question_id}}"): (about("new_quiz"),),
    ("GET", ATTEMPTS): (
        about("quiz", query=proven("quiz_id"), variant="one's own"),
        about("quiz", query=proven("quiz_id", "user_id"), variant="a student's"),
    ),
    ("POST", f"{ATTEMPTS}/start"): (about("quiz", proven("quiz_id")),),
    ("GET", f"{ATTEMPTS}/{{attempt_id}}"): (about("attempt"),),
    ("PUT", f"{ATTEMPTS}/{{attempt_id}}/answers"): (about("attempt", always(answers=[])),),
    ("POST", f"{ATTEMPTS}/{{attempt_id}}/submit"): (about("attempt", always()),),
    # live classes
    ("GET", L): (PLAIN,),
    ("POST", L): (
        about("lesson", lambda t: {**proven("course_id", "starts_at", title="Class")(t), "duration_minutes": 30}),
    ),
    ("GET", LESSON): (about("lesson"),),
    ("PATCH", LESSON): (about("lesson", always(title="Class again")),),
    ("POST", f"{LESSON}/cancel"): (about("lesson", always()),),
    ("POST", f"{LESSON}/open"): (about("lesson"),),
    ("POST", f"{LESSON}/close"): (about("lesson"),),
    ("POST", f"{LESSON}/reopen"): (about("closed_lesson", always()),),
    ("GET", f"{LESSON}/code"): (about("lesson"),),
    ("GET", f"{LESSON}/code/qr"): (about("lesson"),),
    ("POST", f"{LESSON}/check-in"): (about("lesson", proven("code", device_id="d-1")),),
    ("POST", f"{LESSON}/presence"): (about("lesson"),),
    ("PUT", f"{LESSON}/marks"): (about("lesson", lambda t: {"marks": [{"user_id": t["user_id"], "status": "late"}]}),),
    ("POST", f"{LESSON}/marks/import"): (about("lesson", file=MARKS),),
    ("GET", f"{LESSON}/report"): (about("closed_lesson"),),
    ("GET", f"{LESSON}/summary"): (about("closed_lesson"),),
    ("GET", f"{LESSON}/changes"): (about("closed_lesson"),),
    ("POST", f"{LESSON}/excuse"): (about("lesson", always(reason="Fever")),),
    ("DELETE", f"{LESSON}/excuse"): (about("own_excuse"),),
    ("GET", f"{T}/excuses"): (PLAIN,),
    ("POST", f"{T}/excuses/{{excuse_id}}/approve"): (about("excuse", always()),),
    ("POST", f"{T}/excuses/{{excuse_id}}/reject"): (about("excuse", always()),),
    ("GET", f"{T}/report"): (
        about("attendant", query=proven("course_id"), variant="of all"),
        about("attendant", query=proven("course_id", "user_id"), variant="a student's"),
    ),
    ("GET", f"{T}/report/sessions"): (about("attendant", query=proven("course_id")),),
    ("GET", f"{T}/status-sets"): (about("status_set", query=proven("course_id")),),
    ("POST", f"{T}/status-sets"): (
        about("status_set", lambda t: {"course_id": t["course_id"], "title": "Own", "statuses": STATUSES}),
    ),
    ("PATCH", f"{T}/status-sets/{{set_id}}"): (about("status_set", always(title="Ours")),),
    ("DELETE", f"{T}/status-sets/{{set_id}}"): (about("status_set"),),
    ("GET", f"{T}/calendar"): (PLAIN,),
    ("POST", f"{T}/calendar/reset"): (Recipe(anew="account"),),
    ("GET", f"{T}/calendar/{{user_id}}/{{secret}}"): (about("calendar", whose=(OWN, FOREIGN)),),
    # chatbot
    ("GET", TALKS): (PLAIN,),
    ("POST", TALKS): (about("course", proven("course_id")),),
    ("GET", TALK): (about("talk"),),
    ("PATCH", TALK): (about("talk", always(title="Tenses")),),
    ("DELETE", TALK): (about("talk"),),
    ("GET", f"{TALK}/messages"): (about("talk"),),
    ("POST", f"{TALK}/messages"): (about("talk", always(question="When do I use am?")),),
    ("POST", f"{TALK}/messages/{{message_id}}/feedback"): (about("talk", always(rating=1)),),
    ("GET", "/api/chatbot/unanswered"): (about("course", query=proven("course_id")),),
    ("GET", "/api/chatbot/disliked"): (about("course", query=proven("course_id")),),
    ("GET", "/api/chatbot/lessons"): (about("course", query=proven("course_id")),),
    ("POST", "/api/chatbot/unanswered/{message_id}/draft"): (about("vain"),),
    # payments
    ("POST", f"{P}/create_order"): (about("sold_course", proven("course_id")),),
    ("POST", f"{P}/verify_payment"): (about("proof", dict),),
    ("POST", f"{P}/webhook/razorpay"): (
        about("event", headers=lambda t: {"X-Razorpay-Signature": t["signature"]}, whose=(OWN, FOREIGN), raw=True),
    ),
    ("GET", f"{P}/payments"): (PLAIN,),
    ("GET", f"{P}/payments/{{payment_id}}"): (about("belonging"),),
    ("GET", f"{P}/payments/{{payment_id}}/receipt"): (about("belonging"),),
    ("GET", f"{P}/payments/{{payment_id}}/invoice"): (about("belonging"),),
    ("GET", f"{P}/payments/{{payment_id}}/invoice/pdf"): (about("belonging"),),
    ("GET", f"{P}/payments/{{payment_id}}/credit-notes"): (about("belonging"),),
    ("GET", f"{P}/refunds/{{refund_id}}/credit-note/pdf"): (about("given_back"),),
    ("POST", f"{P}/coupons"): (sending(lambda _: {"code": new_name(), "kind": "percentage", "percent": 10}),),
    ("GET", f"{P}/coupons"): (PLAIN,),
    ("GET", f"{P}/coupons/{{coupon_id}}"): (about("coupon", whose=(OWN, MISSING)),),
    ("PATCH", f"{P}/coupons/{{coupon_id}}"): (about("coupon", always(max_uses=5), whose=(OWN, MISSING)),),
    ("POST", f"{P}/coupons/check"): (about("coupon", proven("code", "course_id"), whose=(OWN, MISSING)),),
    ("POST", f"{P}/refunds"): (about("bought", proven("payment_id", reason="Please")),),
    ("GET", f"{P}/refunds"): (PLAIN,),
    ("GET", f"{P}/refunds/{{refund_id}}"): (about("given_back"),),
    ("POST", f"{P}/refunds/{{refund_id}}/approve"): (about("asked_refund", always(), whose=(OWN, MISSING)),),
    ("POST", f"{P}/refunds/{{refund_id}}/reject"): (
        about("asked_refund", always(admin_notes="No."), whose=(OWN, MISSING)),
    ),
    ("GET", f"{P}/reconciliation"): (PLAIN,),
    ("POST", f"{P}/reconciliation/{{review_id}}/resolve"): (
        about("held_money", always(resolution="accepted", notes="Settled."), whose=(OWN, MISSING)),
    ),
    ("GET", f"{P}/disputes"): (PLAIN,),
    ("GET", f"{P}/bundles"): (PLAIN,),
    ("POST", f"{P}/bundles"): (
        about("bundle", lambda t: {"title": "Both", "price": "1.00", "course_ids": t["course_ids"]}, whose=(OWN,)),
    ),
    ("GET", f"{P}/bundles/{{bundle_id}}"): (about("bundle", whose=(OWN, FOREIGN, MISSING)),),
    ("PATCH", f"{P}/bundles/{{bundle_id}}"): (about("bundle", always(title="Both again")),),
    ("GET", f"{P}/instalment-plans"): (about("plan", query=proven("course_id"), whose=(OWN,)),),
    ("POST", f"{P}/instalment-plans"): (
        about("plan", lambda t: {"course_id": t["course_id"], "title": "In two", "amounts": ["1.00", "1.00"]}),
    ),
    ("PATCH", f"{P}/instalment-plans/{{plan_id}}"): (about("plan", lambda _: {"is_active": True}),),
    ("GET", f"{P}/instalments"): (PLAIN,),
    ("GET", f"{P}/reports/revenue"): (PLAIN,),
    ("GET", f"{P}/reports/invoices"): (PLAIN,),
    ("GET", f"{P}/reports/shares"): (PLAIN,),
    ("PUT", f"{P}/shares/{{course_id}}/{{user_id}}"): (
        about("shared", lambda _: {"percent": 10}, whose=(OWN, MISSING)),
    ),
    ("POST", f"{P}/payouts"): (
        about("owed", lambda t: {"user_id": t["user_id"], "amount": "0.01"}, whose=(OWN, MISSING)),
    ),
    ("GET", f"{P}/payouts"): (PLAIN,),
    # community
    ("GET", G): (PLAIN,),
    ("POST", G): (about("new_course", proven("course_id", title="A new class")),),
    ("GET", ONE): (about("group"),),
    ("PATCH", ONE): (about("group", always(title="The class again")),),
    ("POST", f"{ONE}/banner"): (about("group", file=PICTURE),),
    ("DELETE", f"{ONE}/banner"): (about("group"),),
    ("POST", f"{ONE}/join"): (about("group", always()),),
    ("POST", f"{ONE}/leave"): (about("group", always()),),
    ("PATCH", f"{ONE}/membership"): (about("group", always(email_notifications=False)),),
    ("GET", f"{ONE}/members"): (about("group"),),
    ("GET", f"{ONE}/bans"): (about("group"),),
    ("PATCH", SOMEBODY): (about("group_member", always(role="moderator")),),
    ("POST", f"{SOMEBODY}/silence"): (about("group_member", always(minutes=5)),),
    ("DELETE", f"{SOMEBODY}/silence"): (about("group_member"),),
    ("POST", f"{SOMEBODY}/ban"): (about("group_member", always(reason="Spam")),),
    ("DELETE", f"{SOMEBODY}/ban"): (about("group_member"),),
    ("GET", f"{ONE}/posts"): (about("group"),),
    ("POST", f"{ONE}/posts"): (about("group", always(title="Hello", content="Who is here?")),),
    ("GET", f"{ONE}/moderation"): (about("group"),),
    ("GET", POSTS): (PLAIN,),
    ("POST", POSTS): (about("group", proven("community_id", title="Hello", content="Who is here?")),),
    ("GET", POST): (about("post"),),
    ("PUT", POST): (about("post", always(content="Who else?")),),
    ("DELETE", POST): (about("post"),),
    ("POST", f"{POST}/react"): (about("post", always(reaction_type="like")),),
    ("DELETE", f"{POST}/react"): (about("post"),),
    ("POST", f"{POST}/flag"): (about("post", always(reason="spam")),),
    ("GET", f"{POST}/history"): (about("post"),),
    ("POST", f"{POST}/approve"): (about("reported_post", always()),),
    ("POST", f"{POST}/reject"): (about("reported_post", always(moderation_notes="Spam")),),
    ("POST", f"{POST}/pin"): (about("post", always()),),
    ("POST", f"{POST}/unpin"): (about("post", always()),),
    ("GET", f"{ONE}/messages"): (about("group"),),
    ("GET", f"{ONE}/conversations"): (about("group"),),
    ("GET", MESSAGES): (about("group", query=proven("community_id")),),
    ("POST", MESSAGES): (about("group", proven("community_id", message="Hello")),),
    ("PUT", MESSAGE): (about("message", always(message="Hello again")),),
    ("DELETE", MESSAGE): (about("message"),),
    ("POST", f"{MESSAGE}/mark-as-read"): (about("message", always()),),
    ("GET", f"{MESSAGE}/receipts"): (about("message"),),
    # notifications
    ("GET", N): (PLAIN,),
    ("POST", N): (about("group", proven("community_id", title="Tomorrow", message="We begin at nine.")),),
    ("GET", NOTIFICATION): (about("notification"),),
    ("POST", f"{NOTIFICATION}/mark-as-read"): (about("notification"),),
    ("POST", f"{N}/mark-all-as-read"): (PLAIN,),
    ("GET", f"{N}/unread-count"): (PLAIN,),
    ("GET", f"{N}/preferences"): (PLAIN,),
    ("PATCH", f"{N}/preferences"): (sending(always(email_frequency="weekly")),),
    ("GET", f"{N}/devices"): (PLAIN,),
    ("POST", f"{N}/devices"): (sending(lambda _: {"token": new_name(), "platform": "android"}),),
    ("DELETE", f"{N}/devices/{{device_id}}"): (about("device"),),
    ("GET", f"{N}/unsubscribe"): (about("mailed_link", query=proven("token"), whose=(OWN, FOREIGN)),),
    ("POST", f"{N}/unsubscribe"): (about("mailed_link", query=proven("token"), whose=(OWN, FOREIGN)),),
    ("GET", "/open/{kind}/{target_id}"): (about("opened", whose=(OWN,)),),
    # sockets: to open them, and each of their frames
    ("WS", "/ws/community/chat"): tuple(
        about("message", below="/{community_id}", variant=str(said["type"]) if said else "", frame=framed(said))
        for said in ON_CHAT
    ),
    ("WS", "/ws/notifications"): (
        PLAIN,
        *(
            about("message", variant=str(said["type"]), frame=framed(said), whose=(OWN, FOREIGN))
            for said in ON_NOTIFICATIONS
        ),
    ),
    # operations, media and documentation
    ("GET", "/health/live"): (PLAIN,),
    ("GET", "/health/ready"): (PLAIN,),
    ("GET", "/metrics"): (
        about("metrics", headers=lambda t: {"X-Metrics-Token": t["metrics_token"]}, whose=(OWN, FOREIGN)),
    ),
    ("GET", "/media/{file_path}"): (about("picture", whose=(OWN, MISSING)),),
    ("HEAD", "/media/{file_path}"): (about("picture", whose=(OWN, MISSING)),),
    ("GET", "/docs"): (PLAIN,),
    ("GET", "/docs/openapi.json"): (PLAIN,),
    ("GET", "/docs/{path}"): (DOCS,),
}
