"""The demo's shortest course: a text, ten seconds of film, a sheet and a quiz. It can be completed in a minute."""

from entrypoints.seeding.demo_films import FILMS
from entrypoints.seeding.rows import Lesson, Offer, Section
from modules.learning.domain.quizzes import Draft, Option, QuestionType


def _choice(text: str, *options: str, why: str, points: int = 1) -> Draft:
    """The first option is the right one."""
    made = tuple(Option(0, option, place == 0) for place, option in enumerate(options))
    return Draft(text, QuestionType.SINGLE_CHOICE, made, points, why)


QUESTIONS = (
    _choice("___ morning! How are you?", "Good", "Well", "Fine", why="We wish somebody a *good* morning.", points=2),
    Draft(
        "Which of these greet somebody?",
        QuestionType.MULTIPLE_CHOICE,
        tuple(Option(0, text, text in {"Hello!", "Good evening!"}) for text in ("Hello!", "Goodbye!", "Good evening!")),
        points=2,
        explanation="*Goodbye* is said when one leaves.",
    ),
    Draft(
        "“How do you do?” asks for a long answer.",
        QuestionType.TRUE_FALSE,
        (Option(0, "True", False), Option(0, "False", True)),
        explanation="It is answered with “How do you do?”",
    ),
    Draft(
        "How many words has “Nice to meet you”?",
        QuestionType.NUMERIC,
        (Option(0, "4", True),),
        explanation="Nice – to – meet – you.",
    ),
    Draft(
        "नमस्ते in English, in one word?",
        QuestionType.SHORT_TEXT,
        (Option(0, "Hello", True), Option(0, "Hi", True)),
        explanation="*Hello* fits everywhere, *Hi* among friends.",
    ),
)
HELLO = Offer(
    title="Say Hello: Your First Ten Minutes",
    slug="say-hello",
    description="Greet, answer, and say your name. A first taste, free, with a certificate at the end.",
    category="spoken-english",
    price_paise=0,
)
HELLO_SECTIONS = (
    Section(
        "Hello!",
        "Everything that a greeting needs.",
        (
            Lesson(
                "Three greetings",
                "# Three greetings\n\n- *Hello!* fits everywhere.\n- *Good morning!* until noon.\n"
                "- *Nice to meet you!* the first time.\n\nSay each of them aloud. हर एक ज़ोर से बोलिए।",
                is_preview=True,
            ),
            Lesson("Watch: the first ten seconds", video=FILMS["llamigos"][0], seconds=10),
            Lesson(
                "Sheet: greetings for every hour",
                "# Greetings for every hour\n\n- Good morning – सुप्रभात\n- Good afternoon – नमस्कार\n"
                "- Good evening – शुभ संध्या\n",
                file_name="greetings.md",
            ),
            Lesson("Check: can you say hello?", questions=QUESTIONS),
        ),
    ),
)
