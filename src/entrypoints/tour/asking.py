"""The tour's questions to the chatbot of its own course."""

from collections.abc import Callable

from entrypoints.tour.expecting import Body, expect, patiently
from entrypoints.tour.walk import Walk

CONVERSATIONS = "/api/chatbot/conversations/"
KNOWN, UNKNOWN = "When do I say good evening?", "How does a gearbox work?"
SHEET = "Sheet: greetings for every hour"


def ask(walk: Walk) -> str:
    """What the lessons say is quoted with where it stands; of what they do not say, nothing is made up."""
    begun = walk.post(CONVERSATIONS, {"course_id": walk.taster["id"]}, 201)
    path = f"{CONVERSATIONS}{begun['id']}/"

    def answered() -> Body | None:
        found = walk.post(f"{path}messages/", {"question": KNOWN}, 201)
        return found if found["kind"] == "answer" else None

    late = "The worker should have read the lessons by now"
    answer = patiently(answered, lambda: f"{late}: {walk.last}", every_s=1)  # 20 questions a minute are allowed
    cited = [one["title"] for one in answer["citations"]]
    expect("What is quoted", SHEET in cited, True)
    expect("The number of its citation in the answer", "[1]" in answer["content"], True)
    refused = walk.post(f"{path}messages/", {"question": UNKNOWN}, 201)
    expect("What no lesson says", (refused["kind"], refused["citations"]), ("no_answer", []))
    rated = walk.post(f"{path}messages/{answer['id']}/feedback/", {"rating": 1})
    expect("The rating", rated["rating"], 1)
    walk.call("DELETE", path, 204)
    walk.get(path, 404)
    return f"“{KNOWN}” quotes “{cited[0]}”; “{UNKNOWN}” is not answered"


ASKING: dict[str, Callable[[Walk], str]] = {"Ask the chatbot": ask}
