"""Google's own library gets its token here; pushes arrive, replace one another, are refused and shown as FCM would."""

import re
import time
from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request
from google.oauth2.service_account import Credentials

from entrypoints.sandbox import Sandbox, SandboxConfig
from entrypoints.sandbox.fcm_account import service_account
from sandbox.world import serving

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"
HTML = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SEND = "/sandbox/fcm/v1/projects/shala-sandbox/messages:send"


class Sender:
    """A school's server with its service account, before one served sandbox."""

    def __init__(self, url: str, account: dict[str, str]) -> None:
        self.url = url
        self.account = {**account, "token_uri": f"{url}/sandbox/fcm/token"}
        self.http = httpx.Client(base_url=url, trust_env=False, timeout=10, verify=False)
        self.access_token = ""

    def credentials(self, scope: str = SCOPE, **changed: str) -> Credentials:
        return Credentials.from_service_account_info({**self.account, **changed}, scopes=[scope])

    def send(self, message: dict[str, Any], path: str = SEND, **more: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.access_token}"}
        return self.http.post(path, json={"message": message, **more}, headers=headers)

    def notify(self, token: str = "phone-1", title: str = "Hello", tag: str | None = None, **data: str) -> None:
        android = {"collapse_key": "chat", "notification": {"tag": tag}} if tag else {}
        message = {"token": token, "notification": {"title": title, "body": "Read me"}, "data": data}
        assert self.send({**message, "android": android}).status_code == 200

    def pushes(self, **query: str) -> list[dict[str, Any]]:
        return self.http.get("/sandbox/push/", params=query).json()["results"]

    def page(self, **query: str) -> httpx.Response:
        return self.http.get("/sandbox/push/", params=query, headers=HTML)

    def faults(self, **knobs: Any) -> None:
        self.http.put("/sandbox/faults/", json={"fcm": knobs}).raise_for_status()


@pytest.fixture(scope="module")
def account() -> dict[str, str]:
    return service_account("http://sandbox")


@pytest.fixture(scope="module", params=["httptools", "h11"])
def served(request: pytest.FixtureRequest, account: dict[str, str]) -> Iterator[Sender]:
    """Under both of uvicorn's HTTP implementations: a connection is cut differently in each."""
    with serving(Sandbox(SandboxConfig(service_account=account)), request.param) as url:
        sender = Sender(url, account)
        credentials = sender.credentials()
        credentials.refresh(Request())
        sender.access_token = str(credentials.token)
        yield sender
        sender.http.close()


@pytest.fixture
def sender(served: Sender) -> Sender:
    served.http.post("/sandbox/reset/").raise_for_status()
    return served


# --- tokens ----------------------------------------------------------------------------------------------------------


def test_googles_library_gets_a_token_that_sends(sender: Sender) -> None:
    credentials = sender.credentials()
    credentials.refresh(Request())
    assert credentials.valid
    headers: dict[str, str] = {}
    credentials.apply(headers)
    answer = sender.http.post(SEND, json={"message": {"token": "phone-1"}}, headers=headers)
    assert re.fullmatch(r"projects/shala-sandbox/messages/\d+", answer.json()["name"])


def assertion(sender: Sender, **changed: Any) -> str:
    now = int(time.time())
    whose = {"iss": sender.account["client_email"], "aud": sender.account["token_uri"], "scope": SCOPE}
    claims = {**whose, "iat": now, "exp": now + 3600, **changed}
    return jwt.encode({name: value for name, value in claims.items() if value}, sender.account["private_key"], "RS256")


def ask(sender: Sender, signed: str, grant_type: str = GRANT) -> httpx.Response:
    return sender.http.post("/sandbox/fcm/token", data={"grant_type": grant_type, "assertion": signed})


def test_a_token_is_answered_as_oauth_does(sender: Sender) -> None:
    answer = ask(sender, assertion(sender))
    token = answer.json()["access_token"]
    assert answer.json() == {"access_token": token, "expires_in": 3600, "token_type": "Bearer"}


@pytest.mark.parametrize(
    ("changed", "error", "says"),
    [
        ({"iss": "stranger@example.com"}, "invalid_grant", "account not found"),
        ({"aud": "https://elsewhere.example/token"}, "invalid_grant", "audience"),
        ({"aud": ["/sandbox/fcm/token"]}, "invalid_grant", "audience"),
        ({"iat": 1_000, "exp": 4_600}, "invalid_grant", "reasonable timeframe"),
        ({"exp": 4_000_000_000}, "invalid_grant", "short-lived"),
        ({"exp": None}, "invalid_grant", "exp"),
        ({"scope": "https://www.googleapis.com/auth/drive"}, "invalid_scope", "scope"),
    ],
)
def test_assertions_that_buy_nothing(sender: Sender, changed: dict[str, Any], error: str, says: str) -> None:
    answer = ask(sender, assertion(sender, **changed))
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert says in answer.json()["error_description"]


def test_signatures_and_grants_that_buy_nothing(sender: Sender) -> None:
    header, claims, _ = assertion(sender).split(".")
    forged = f"{header}.{claims}.{'A' * 342}"
    assert ask(sender, forged).json() == {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    unsigned = jwt.encode({"iss": sender.account["client_email"]}, "", "none")
    assert ask(sender, unsigned).json()["error"] == "invalid_grant"
    assert ask(sender, "nonsense").json()["error"] == "invalid_grant"
    assert ask(sender, assertion(sender), "password").json()["error"] == "unsupported_grant_type"
    assert sender.http.post("/sandbox/fcm/token").status_code == 400
    with pytest.raises(RefreshError, match="account not found"):
        sender.credentials(client_email="stranger@example.com").refresh(Request())


# --- messages --------------------------------------------------------------------------------------------------------


def test_a_push_is_stored_as_it_was_sent(sender: Sender) -> None:
    message = {
        "token": "phone-1",
        "notification": {"title": "New message", "body": "Asha: नमस्ते"},
        "data": {"recipient_id": "5", "type": "chat"},
        "android": {
            "collapse_key": "chat-7",
            "ttl": "86400s",
            "priority": "HIGH",
            "notification": {"tag": "chat-7", "channel_id": "chat"},
        },
        "apns": {
            "headers": {"apns-collapse-id": "chat-7", "apns-priority": "10"},
            "payload": {"aps": {"sound": "default", "thread-id": "chat-7"}},
        },
    }
    name = sender.send(message).json()["name"]
    (push,) = sender.pushes()
    assert push.pop("received_at")
    assert push == {
        "id": int(name.rpartition("/")[2]),
        "token": "phone-1",
        "user": "5",
        "title": "New message",
        "body": "Asha: नमस्ते",
        "tag": "chat-7",
        "collapse_key": "chat-7",
        "data": {"recipient_id": "5", "type": "chat"},
        "message": message,
        "visible": True,
    }


def test_a_push_that_is_only_validated_does_not_arrive(sender: Sender) -> None:
    assert sender.send({"token": "phone-1"}, validate_only=True).status_code == 200
    assert sender.send({"token": "unregistered-1"}, validate_only=True).status_code == 404
    just_fitting = {"text": "x" * (4096 - len('{"text":""}'))}
    assert sender.send({"token": "phone-1", "data": just_fitting}, validate_only=True).status_code == 200
    assert sender.pushes() == []


def test_a_later_push_replaces_the_one_with_its_tag_on_the_same_phone(sender: Sender) -> None:
    sender.notify("phone-1", "first", "chat-7", recipient_id="5")
    sender.notify("phone-2", "elsewhere", "chat-7", recipient_id="5")
    sender.notify("phone-1", "untagged", recipient_id="5")
    sender.notify("phone-1", "untagged", recipient_id="5")
    sender.notify("phone-1", "second", "chat-7", recipient_id="5")
    sender.send({"token": "phone-1", "data": {"recipient_id": "5"}}).raise_for_status()
    sender.notify("phone-3", "another's", "chat-7", recipient_id="6")

    assert [(push["title"], push["visible"]) for push in sender.pushes(user="5")] == [
        *((None, False), ("second", True), ("untagged", True), ("untagged", True)),
        *(("elsewhere", True), ("first", False)),
    ]
    assert [push["title"] for push in sender.pushes(token="phone-2")] == ["elsewhere"]
    assert [push["title"] for push in sender.pushes(user="6", token="phone-3")] == ["another's"]
    assert sender.pushes(user="6", token="phone-1") == []


def test_apple_phones_replace_by_collapse_id(sender: Sender) -> None:
    apns = {"headers": {"apns-collapse-id": "chat-7"}}
    for title in ("first", "second"):
        sender.send({"token": "phone-1", "notification": {"title": title}, "apns": apns}).raise_for_status()
    assert [push["visible"] for push in sender.pushes()] == [True, False]
    assert sender.http.delete("/sandbox/push/").status_code == 204
    assert sender.pushes() == []


# --- refusals --------------------------------------------------------------------------------------------------------


def refused(answer: httpx.Response) -> tuple[int, str, str | None, str | None]:
    """HTTP status, Google's status, FCM's code and the field to blame."""
    error = answer.json()["error"]
    assert error["code"] == answer.status_code
    assert error["message"]
    details = {detail["@type"]: detail for detail in error.get("details", [])}
    code, blamed = details.get(FCM_ERROR), details.get(BAD_REQUEST)
    field = blamed and blamed["fieldViolations"][0]["field"]
    return answer.status_code, error["status"], code and code["errorCode"], field


@pytest.mark.parametrize("authorization", [None, "Bearer nonsense", "Basic abc", "Bearer"])
def test_who_has_no_token_is_not_let_in(sender: Sender, authorization: str | None) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    answer = sender.http.post(SEND, json={"message": {"token": "phone-1"}}, headers=headers)
    assert refused(answer) == (401, "UNAUTHENTICATED", None, None)


def test_without_a_service_account_nobody_is_let_in() -> None:
    with serving(Sandbox(SandboxConfig())) as url, httpx.Client(base_url=url, trust_env=False) as http:
        for path in (SEND, "/sandbox/fcm/token"):
            assert refused(http.post(path)) == (401, "UNAUTHENTICATED", None, None)


def test_another_project_is_forbidden(sender: Sender) -> None:
    path = SEND.replace("shala-sandbox", "another")
    assert refused(sender.send({"token": "phone-1"}, path)) == (403, "PERMISSION_DENIED", None, None)


def test_tokens_of_phones_that_cannot_be_reached(sender: Sender) -> None:
    sender.faults(unregistered=["phone-9"])
    gone = (404, "NOT_FOUND", "UNREGISTERED", None)
    assert refused(sender.send({"token": "unregistered-1"})) == gone
    assert refused(sender.send({"token": "phone-9"})) == gone
    invalid = (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "message.token")
    assert refused(sender.send({"token": "invalid-1"})) == invalid
    mismatch = (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", None)
    assert refused(sender.send({"token": "mismatch-1"})) == mismatch
    assert sender.pushes() == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"tokn": "x"}, "message"),
        ({"notification": {"titel": "x"}}, "message.notification"),
        ({"android": {"collapseKey": "x"}}, "message.android"),
        ({"android": {"notification": {"tags": "x"}}}, "message.android.notification"),
        ({"apns": {"header": {}}}, "message.apns"),
        ({"data": {"a": "1", "b": 2}}, "message.data[1].value"),
        ({"data": ["a"]}, "message.data"),
        ({"apns": {"headers": {"apns-priority": 10}}}, "message.apns.headers[0].value"),
        ({"token": 7}, "message.token"),
        ({"notification": {"title": 7}}, "message.notification.title"),
        ({"android": {"ttl": "1 day"}}, "message.android.ttl"),
        ({"android": {"ttl": 60}}, "message.android.ttl"),
        ({"android": {"priority": "urgent"}}, "message.android.priority"),
    ],
)
def test_messages_that_cannot_be_read(sender: Sender, changed: dict[str, Any], field: str) -> None:
    assert refused(sender.send({"token": "phone-1", **changed})) == (400, "INVALID_ARGUMENT", None, field)
    assert sender.pushes() == []


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({}, "message"),
        ({"topic": "all"}, "message"),
        ({"token": "phone-1", "data": {"from": "x"}}, "message.data"),
        ({"token": "phone-1", "data": {"google.sent_time": "x"}}, "message.data"),
        ({"token": "phone-1", "android": {"ttl": "2419201s"}}, "message.android.ttl"),
        ({"token": "phone-1", "apns": {"headers": {"apns-collapse-id": "x" * 65}}}, "message.apns.headers"),
        ({"token": "phone-1", "data": {"text": "x" * 4096}}, None),
        ({"token": "phone-1", "notification": {"body": "न" * 1400}}, None),
        ({"token": "phone-1", "apns": {"payload": {"text": "x" * 4096}}}, None),
    ],
)
def test_messages_that_fcm_does_not_take(sender: Sender, message: dict[str, Any], field: str | None) -> None:
    assert refused(sender.send(message)) == (400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", field)
    assert sender.pushes() == []


def test_bodies_that_are_no_message(sender: Sender) -> None:
    headers = {"authorization": f"Bearer {sender.access_token}"}
    for body in (b"", b"[]", b"{", b'{"message": 7}', b'{"message": null}', b'{"massage": {}}', b'{"validate_only":1}'):
        assert refused(sender.http.post(SEND, content=body, headers=headers))[:2] == (400, "INVALID_ARGUMENT")


# --- faults ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fail", "expected"),
    [
        ("401", (401, "UNAUTHENTICATED", None, None)),
        ("429", (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", None)),
        ("500", (500, "INTERNAL", "INTERNAL", None)),
        ("503", (503, "UNAVAILABLE", "UNAVAILABLE", None)),
    ],
)
def test_outages_are_counted_and_let_nothing_through(sender: Sender, fail: str, expected: tuple[Any, ...]) -> None:
    sender.faults(fail=fail, retry_after_s=30, times=2, unregistered=["phone-9"])
    for _ in range(2):
        answer = sender.send({"token": "phone-1"})
        assert refused(answer) == expected
        assert answer.headers.get("retry-after") == ("30" if fail in {"429", "503"} else None)
    assert sender.pushes() == []
    off = {"delay_s": 0, "fail": None, "retry_after_s": None, "times": None}
    assert sender.http.get("/sandbox/faults/").json()["fcm"] == {**off, "unregistered": ["phone-9"]}
    sender.notify()


@pytest.mark.parametrize(("fail", "arrived"), [("drop_before", 0), ("drop_after", 1)])
def test_a_dropped_connection_brings_no_answer(sender: Sender, fail: str, arrived: int) -> None:
    sender.faults(fail=fail, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        sender.send({"token": "phone-1"})
    assert len(sender.pushes()) == arrived
    sender.notify()


def test_a_push_given_up_while_it_is_delayed_never_arrives(sender: Sender) -> None:
    sender.faults(delay_s=0.5, times=2)
    headers = {"authorization": f"Bearer {sender.access_token}"}
    with pytest.raises(httpx.ReadTimeout):
        sender.http.post(SEND, json={"message": {"token": "given-up"}}, headers=headers, timeout=0.2)
    started = time.monotonic()
    sender.notify()
    assert time.monotonic() - started >= 0.5
    assert [push["token"] for push in sender.pushes()] == ["phone-1"]
    sender.notify()


# --- pages and memory ------------------------------------------------------------------------------------------------


def test_people_see_phones(sender: Sender) -> None:
    assert "Nothing has arrived yet" in sender.page().text
    sender.notify("phone-1", "first", "chat-7", recipient_id="5")
    sender.notify("phone-1", "second", "chat-7", recipient_id="5")
    sender.notify("phone-2", "to nobody named")
    listed = sender.page().text
    assert 'href="/sandbox/push/?user=5"' in listed
    assert 'href="/sandbox/push/?token=phone-2"' in listed
    phone, _, table = sender.page(user="5").text.partition("Everything that arrived")
    assert "second" in phone
    assert "first" not in phone
    assert "tag chat-7 · collapse key chat" in phone
    assert ("first" in table, "replaced" in table, "phone-2" in table) == (True, True, False)
    assert "to nobody named" in sender.page(token="phone-2").text


def test_what_a_phone_shows_is_escaped(sender: Sender) -> None:
    odd = '<script>"x"</script>&'
    sender.notify(odd, odd, odd, recipient_id=odd, other=odd)
    for answer in (sender.page(), sender.page(user=odd), sender.page(token=odd), sender.page(user="<script>")):
        assert answer.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "<script" not in answer.text
        assert "&lt;script&gt;" in answer.text
    link = re.search(r'href="(/sandbox/push/\?user=[^"]+)"', sender.page().text)
    assert link
    assert len(sender.http.get(link[1]).json()["results"]) == 1


def test_a_phone_with_nothing_to_show(sender: Sender) -> None:
    token = "f" * 80 + "g" * 80
    sender.send({"token": token, "data": {"recipient_id": "5"}}).raise_for_status()
    shown = sender.page(user="5").text
    assert "No notifications" in shown
    assert f"{'f' * 18}…{'g' * 9}" in shown


def test_pushes_are_remembered_over_a_restart(account: dict[str, str]) -> None:
    config = SandboxConfig(service_account=account)
    before, after = Sandbox(config), Sandbox(config)
    body = b'{"message":{"token":"phone-1","notification":{"title":"kept"}}}'
    before._fcm.send("shala-sandbox", body)
    after.recall(before.memory())
    after._fcm.send("shala-sandbox", body.replace(b"kept", b"new"))
    assert [(push.id, push.title) for push in after.pushes.newest_first()] == [(2, "new"), (1, "kept")]
    after.forget()
    assert after.pushes.newest_first() == []
