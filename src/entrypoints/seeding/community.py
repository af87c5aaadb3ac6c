"""The demo's class: the main course's community, with its student in it and a word of welcome."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from core.text import words
from entrypoints.seeding.courses import Rows

Row = dict[str, Any]
TITLE = "Spoken English: the class"
DESCRIPTION = "Ask, practise and meet your classmates. Be kind, and write in English where you can."
WELCOME = (
    "Welcome to the class! Tell us your name, where you live, and why you learn English.",
    "नमस्ते! Write in Hindi too, if English does not come yet. Somebody will help you to say it.",
)


async def write_community(rows: Rows, course_id: int, *, teacher_id: int, student_id: int, since: datetime) -> None:
    (community_id,) = await rows.reserve("community_groups", 1)
    (stream_id,) = await rows.reserve("chat_streams", 1)
    await rows.insert("community_groups", [_group(community_id, course_id, since)])
    await rows.insert("group_members", [_member(community_id, student_id, since)])
    stream: Row = {"id": stream_id, "community_id": community_id, "first_user_id": None, "second_user_id": None}
    await rows.insert("chat_streams", [{**stream, "seq": len(WELCOME), "epoch": uuid.uuid4().hex}])
    messages = [
        _message(stream_id, community_id, teacher_id, seq, text, since + timedelta(minutes=seq))
        for seq, text in enumerate(WELCOME, 1)
    ]
    await rows.insert("chat_messages", messages)


def _group(id_: int, course_id: int, since: datetime) -> Row:
    return {
        "id": id_,
        "course_id": course_id,
        "title": TITLE,
        "title_key": TITLE.lower(),
        "description": DESCRIPTION,
        "visibility": "public",
        "require_post_approval": False,
        "slow_mode_seconds": 0,
        "banner_image": None,
        "member_count": 1,
        "post_count": 0,
        "created_at": since,
        "version": 1,
    }


def _member(community_id: int, user_id: int, since: datetime) -> Row:
    return {
        "community_id": community_id,
        "user_id": user_id,
        "role": "member",
        "is_active": True,
        "joined_at": since,
        "email_notifications": True,
        "push_notifications": True,
        "muted_until": None,
        "silenced_until": None,
        "banned_at": None,
    }


def _message(stream_id: int, community_id: int, sender_id: int, seq: int, text: str, at: datetime) -> Row:
    nothing = ("recipient_id", "client_id", "reply_to_id", "attachment_key", "attachment_type", "attachment_name")
    return {
        **dict.fromkeys(nothing),
        "stream_id": stream_id,
        "community_id": community_id,
        "sender_id": sender_id,
        "seq": seq,
        "change_seq": seq,
        "message": text,
        "terms": " ".join(words(text)),
        "message_type": "text",
        "is_edited": False,
        "edited_at": None,
        "is_deleted": False,
        "deleted_at": None,
        "created_at": at,
        "updated_at": at,
        "version": 1,
    }
