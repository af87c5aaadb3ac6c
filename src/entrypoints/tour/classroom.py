"""The tour's second half: a classmate comes, and the class talks; one of the two loses the connection and resumes."""

import secrets
import uuid

from entrypoints.tour.expecting import Body, Unexpected, expect, patiently
from entrypoints.tour.socket import Socket
from entrypoints.tour.steps import CODE, log_in, register
from entrypoints.tour.walk import Walk

GROUPS, MESSAGES = "/api/community/groups/", "/api/community/messages/"
NOTIFICATIONS = "/api/community/notifications/"


def classmate(walk: Walk) -> str:
    """Somebody else, on the other instance, buys the same course."""
    other = walk.classmate
    register(other)
    log_in(other)
    if CODE.search(other.mail("code")["text"]) is None:
        raise Unexpected("There is no six-digit code in the classmate's mail.")
    bought = other.post("/api/payments/create_order/", {"course_id": walk.course["id"]}, 201)
    other.post("/api/payments/verify_payment/", other.pay(bought["razorpay_order_id"]))
    return f"{other.username}, over {other.api.base_url}"


def join(walk: Walk) -> str:
    found = walk.get(GROUPS, params={"course_id": walk.course["id"]})["results"]
    if not found:
        raise Unexpected("The course has no community: this database is older than the demo's class.")
    walk.community = found[0]
    path = f"{GROUPS}{walk.community['id']}/join/"
    for visitor in (walk, walk.classmate):
        first = visitor.post(path, status=201)
        again = visitor.post(path, status=200)
        expect("The repeated membership", again["id"], first["id"])
    return f"“{walk.community['title']}”, repeated: the same"


def chat(walk: Walk) -> str:
    """One comes in with a ticket, the other with a token; what one says the other hears."""
    address = f"/ws/community/chat/{walk.community['id']}/"
    ticket = walk.post("/api/accounts/ws-ticket/", status=201)["ticket"]
    walk.socket = Socket.open(walk.api.base_url, f"{address}?v=2&ticket={ticket}")
    walk.classmate.socket = Socket.open(walk.classmate.api.base_url, f"{address}?v=2", walk.classmate.token)
    walk.epoch = walk.socket.welcome["epoch"]
    said, client_id = "Hello! I am new here.", str(uuid.uuid4())
    for is_repeated in (False, True):
        walk.socket.say("chat_message", message=said, client_id=client_id)
        expect("duplicate", walk.socket.hear("ack")["duplicate"], is_repeated)
    heard = walk.classmate.socket.hear("chat_message")
    me = walk.get("/api/accounts/me/")["id"]
    expect("What the classmate heard", (heard["message"], heard["sender_id"]), (said, me))
    walk.classmate.socket.say("chat_message", message="Welcome!", reply_to=heard["message_id"])
    answer = walk.socket.hear("chat_message", message="Welcome!")
    expect("The reply's reply_to", answer["reply_to"], heard["message_id"])
    walk.position = answer["seq"]
    return f"said, repeated without effect, answered; {walk.position} changes in the chat"


def resume(walk: Walk) -> str:
    """The connection is gone without a word; what was missed comes as one set, and a send is repeated."""
    address = f"/ws/community/chat/{walk.community['id']}/?v=2"
    under_way = {"message": "Did this arrive?", "client_id": str(uuid.uuid4())}
    walk.socket.say("chat_message", **under_way)
    walk.classmate.socket.hear("chat_message", message=under_way["message"])
    walk.socket.lose()
    other = walk.classmate.socket
    for text in ("Are you still there?", "It is a tunnel, I think."):
        other.say("chat_message", message=text, client_id=str(uuid.uuid4()))
        last = other.hear("ack")
    other.say("message_edit", message_id=last["message_id"], message="It was a tunnel.", client_id=str(uuid.uuid4()))
    last = other.hear("ack")
    # on the other instance, as after a change of networks
    walk.socket = Socket.open(walk.classmate.api.base_url, address, walk.token)
    walk.socket.say("hello", v=2, epoch=walk.epoch, since_seq=walk.position)
    missed = walk.socket.hear("resume")
    texts = [event["message"] for event in missed["events"]]
    expect("What was missed", texts, [under_way["message"], "Are you still there?", "It was a tunnel."])
    expect("The position", missed["seq"], last["seq"])
    walk.socket.say("chat_message", **under_way)
    expect("duplicate", walk.socket.hear("ack")["duplicate"], True)
    page = walk.get(MESSAGES, params={"community_id": walk.community["id"], "limit": 3})["results"]
    expect("A fresh reader's page", [one["message"] for one in reversed(page)], texts)
    walk.said = missed["events"][0]["message_id"]
    return f"{len(texts)} messages in one set, the repeated send was one of them"


def read(walk: Walk) -> str:
    """The classmate has it, and has read it."""
    other = walk.classmate
    other.socket.say("read_receipt", message_id=walk.said)
    told = walk.socket.hear("status", message_id=walk.said, status="read")
    receipts = walk.get(f"{MESSAGES}{walk.said}/receipts/")
    expect("The readers", [one["user"]["username"] for one in receipts["results"]], [other.username])
    return f"read by {told['read_by']}, {_online(other)} online"


def _online(visitor: Walk) -> int:
    """How many are; whoever comes is said to be there a moment later, with all others who come then."""
    online: Body = {}

    def look() -> int | None:
        visitor.socket.say("presence_get")
        online.update(visitor.socket.hear("presence_state"))
        return int(online["count"]) if online["count"] >= 2 else None

    return patiently(look, lambda: f"Two are here, and presence says {online}.")


def direct(walk: Walk) -> str:
    """Between the two alone, on the socket of what is one's own; the classmate has a phone that is told."""
    phone = {"token": f"tour-{secrets.token_hex(8)}", "platform": "android"}
    walk.classmate.post(f"{NOTIFICATIONS}devices/", phone, 201)
    personal = Socket.open(walk.classmate.api.base_url, "/ws/notifications/?v=2", walk.classmate.token)
    word = secrets.token_hex(4)
    other_id = walk.classmate.get("/api/accounts/me/")["id"]
    body: Body = {"community_id": walk.community["id"], "recipient_id": other_id, "message": f"Only you: {word}"}
    walk.post(MESSAGES, body, 201)
    heard = personal.hear("direct_message")
    walk.classmate.socket.lose()
    walk.classmate.socket = personal
    expect("The direct message", heard["message"], body["message"])
    found = walk.get(MESSAGES, params={"community_id": walk.community["id"], "q": word})["results"]
    expect("Direct messages found in the community's chat", found, [])
    listed = walk.classmate.get(f"{GROUPS}{walk.community['id']}/conversations/")["results"]
    expect("The conversation's unread messages", listed[0]["unread_count"], 1)
    return "seen by the two, found by nobody else"


def notified(walk: Walk) -> str:
    """The classmate is told on the socket and on the phone, and reads it."""
    other = walk.classmate
    told = other.socket.hear("notification", notification_type="new_message")
    push = other.push(str(told["notification_id"]))
    expect("What the phone shows", (push["title"], push["body"]), (told["title"], told["message"]))
    before = other.get(f"{NOTIFICATIONS}unread-count/")["unread_count"]
    other.post(f"{NOTIFICATIONS}{told['notification_id']}/mark-as-read/")
    other.socket.hear("notification_read", notification_id=told["notification_id"])
    count = other.socket.hear("unread_count", unread_count=before - 1)["unread_count"]
    listed = other.get(NOTIFICATIONS, params={"is_read": True})["results"]
    expect("What is read", [one["id"] for one in listed], [told["notification_id"]])
    other.socket.lose()
    return f"“{told['title']}” on the socket and on the phone, read; {count} unread"


def leave(walk: Walk) -> str:
    walk.post(f"{GROUPS}{walk.community['id']}/leave/", status=204)
    code = walk.socket.closed()
    expect("The close code", code, 4403)
    walk.get(f"{GROUPS}{walk.community['id']}/messages/", 403, code="not_member")
    return f"the socket was closed with {code}"
