"""The demo's world: an academy of spoken English with four people and seven courses."""

from msgspec import Struct

from core.actor import Role
from entrypoints.seeding.demo_films import film
from entrypoints.seeding.demo_hello import HELLO, HELLO_SECTIONS
from entrypoints.seeding.demo_spoken_english import SPOKEN_ENGLISH
from entrypoints.seeding.rows import Lesson, Offer, Section
from modules.learning.domain.catalogue import Level


class Account(Struct, frozen=True):
    email: str
    username: str
    full_name: str
    role: Role


COUPON = "WELCOME10"
"""Ten per cent off every course."""
PASSWORD = "learn-by-doing-1"  # noqa: S105 - the demo's, told to everybody
ADMIN = Account("admin@example.com", "kavita", "Kavita Deshpande", Role.ADMIN)
TEACHER = Account("teacher@example.com", "rohan", "Rohan Mehta", Role.INSTRUCTOR)
STUDENT = Account("student@example.com", "asha", "Asha Rao", Role.STUDENT)
NEWCOMER = Account("newcomer@example.com", "imran", "Imran Qureshi", Role.STUDENT)
ACCOUNTS = (ADMIN, TEACHER, STUDENT, NEWCOMER)

CATEGORIES = {
    "spoken-english": "Spoken English",
    "business-english": "Business English",
    "pronunciation": "Pronunciation",
    "hindi-medium": "हिन्दी माध्यम",
}

MAIN = Offer(
    title="Spoken English: From Zero to Fluent",
    slug="spoken-english-from-zero-to-fluent",
    description=(
        "Speak from the first day. Thirty-three short lessons lead from your own name to an interview, with every "
        "new word explained in Hindi where it helps. बिना डर के बोलिए।"
    ),
    category="spoken-english",
    price_paise=499_00,
    is_trending=True,
)

FREE = Offer(
    title="रोज़मर्रा की अंग्रेज़ी: Everyday Phrases",
    slug="everyday-phrases-hindi",
    description="हिन्दी बोलने वालों के लिए मुफ़्त कोर्स: the sentences that every day needs, spoken slowly.",
    category="hindi-medium",
    price_paise=0,
    language="hi",
)
FREE_SECTIONS = (
    Section(
        "घर और बाज़ार",
        "Home and market.",
        (
            Lesson(
                "घर में",
                "# घर में\n\n- *Dinner is ready.* – खाना तैयार है।\n- *Who is at the door?* – दरवाज़े पर कौन है?\n"
                "- *Please turn off the fan.* – पंखा बंद कर दीजिए।\n\nहर वाक्य तीन बार, ज़ोर से।",
                is_preview=True,
            ),
            Lesson(
                "बाज़ार में",
                "# बाज़ार में\n\n- *How much are the onions?* – प्याज़ कितने के हैं?\n"
                "- *Half a kilo, please.* – आधा किलो दीजिए।\n- *Keep the change.* – बाक़ी रख लीजिए।",
            ),
            film("देखिए: दो मिनट की कहानी", "llamigos"),
        ),
    ),
    Section(
        "सफ़र",
        "On the way.",
        (
            Lesson(
                "बस और ट्रेन",
                "# बस और ट्रेन\n\n- *Is this seat taken?* – क्या यहाँ कोई बैठा है?\n"
                "- *Which platform, please?* – कौन-सा प्लेटफ़ॉर्म?\n- *We are running late.* – देर हो रही है।",
            ),
            Lesson(
                "डॉक्टर के पास",
                "# डॉक्टर के पास\n\n- *I have had a fever since Monday.* – सोमवार से बुख़ार है।\n"
                "- *It hurts here.* – यहाँ दर्द है।\n\n**since** के साथ दिन, **for** के साथ अवधि: *for three days*.",
            ),
        ),
    ),
)

DRIP = Offer(
    title="Clear Pronunciation in Thirty Days",
    slug="clear-pronunciation-in-thirty-days",
    description="One sound every few days: a lesson opens when the last one has had time to settle.",
    category="pronunciation",
    price_paise=349_00,
    level=Level.INTERMEDIATE,
)
DRIP_SECTIONS = (
    Section(
        "One sound at a time",
        "Each opens some days after you join.",
        (
            Lesson(
                "Day 1: TH without fear",
                "# TH\n\nPut the tongue **between** the teeth and blow: *think, three, Thursday*. With voice: *this, "
                "mother, breathe*.\n\n> Thirty-three thieves thought on Thursday.",
                is_preview=True,
            ),
            Lesson(
                "Day 4: long and short I", "# ship or sheep\n\n*bit – beat, live – leave, fill – feel*", after_days=3
            ),
            film("Day 8: listen and repeat", "coffee", after_days=7),
            Lesson(
                "Day 15: word stress",
                "# phoTOgraphy\n\n*PHOtograph, phoTOgrapher, photoGRAphic.* Clap on the loud syllable.",
                after_days=14,
            ),
            Lesson(
                "Day 30: the whole sentence",
                "# Where the voice falls\n\n*I didn't say **he** took it. I didn't say he **took** it.* Same words, "
                "another meaning.",
                after_days=29,
            ),
        ),
    ),
)

LIMITED = Offer(
    title="Interview English: Ninety-Day Crash Course",
    slug="interview-english-ninety-days",
    description="For the interview that is already in the calendar. Access for ninety days, then you have the job.",
    category="business-english",
    price_paise=799_00,
    level=Level.INTERMEDIATE,
    is_trending=True,
    access_days=90,
)
LIMITED_SECTIONS = (
    Section(
        "Before the interview",
        "Words for what you can do.",
        (
            Lesson(
                "Strengths that are believed",
                "# Show, then say\n\nNot *I am hardworking*, but: *Last Diwali I handled sixty orders a day, alone.* "
                "A number beats an adjective.",
                is_preview=True,
            ),
            Lesson(
                "The gap in your CV",
                "# One honest sentence\n\n*I looked after my father in 2023, and I took an accounting course at "
                "night.* Then stop. Do not apologise.",
            ),
            film("Watch: entering the room", "steel"),
        ),
    ),
    Section(
        "In the interview",
        "Answers, and questions of your own.",
        (
            Lesson(
                "What is your expected salary?",
                "# A range, with a reason\n\n*From what I know of this role, between 4.2 and 4.8 lakh. I'm open to "
                "the whole offer.*",
            ),
            Lesson(
                "Do you have any questions for us?",
                "# Always yes\n\n1. *What would a good first month look like?*\n2. *Whom would I work with most?*\n"
                "3. *When may I expect to hear from you?*",
            ),
        ),
    ),
)

BUSINESS = Offer(
    title="Business English: Mails and Meetings",
    slug="business-english-mails-and-meetings",
    description="Write mails that get answers, and say in a meeting what you had prepared to say.",
    category="business-english",
    price_paise=999_00,
    level=Level.ADVANCED,
)
BUSINESS_SECTIONS = (
    Section(
        "Mails",
        "Short, polite, clear.",
        (
            Lesson(
                "The first line",
                "# No kindly-do-the-needful\n\nSay what you want in line one: *Could you send me the March invoice "
                "by Thursday?* Reasons come second.",
                is_preview=True,
            ),
            Lesson(
                "Saying no",
                "# A no with a door in it\n\n*I can't join on Friday. Would Monday at ten work?*",
            ),
        ),
    ),
    Section("Meetings", "Speak, and be heard.", (film("Watch: who talks, who decides", "elephants"),)),
)

DRAFT = Offer(
    title="Public Speaking Without Fear",
    slug="public-speaking-without-fear",
    description="In preparation: voice, breath and the first ten seconds on a stage.",
    category="spoken-english",
    price_paise=599_00,
    is_published=False,
)
DRAFT_SECTIONS = (
    Section(
        "The first ten seconds",
        "",
        (
            Lesson(
                "Breathe, look, begin",
                "# Three things before the first word\n\nBreathe out. Look at one friendly face. Then begin, slower "
                "than feels right.",
            ),
            Lesson("Hands", "# Where to put them\n\n*(to be written)*", is_published=False),
        ),
    ),
)

COURSES: tuple[tuple[Offer, tuple[Section, ...]], ...] = (
    (BUSINESS, BUSINESS_SECTIONS),
    (DRAFT, DRAFT_SECTIONS),
    (LIMITED, LIMITED_SECTIONS),
    (DRIP, DRIP_SECTIONS),
    (FREE, FREE_SECTIONS),
    (HELLO, HELLO_SECTIONS),
    (MAIN, SPOKEN_ENGLISH),
)
"""The oldest first; the catalogue begins with the last."""
