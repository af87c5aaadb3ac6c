"""Facts that the chatbot announces."""

from core.events import Event


class DraftWanted(Event, frozen=True, kw_only=True):
    """An instructor wants the class to discuss what the lessons do not say. The question itself is the fact's subject:
    it stands in the conversation, and is read there.
    """

    community_id: int
    actor_id: int
    message_id: int
