"""A made-up school of any size: believable names, titles and lessons, the same ones for the same randomness."""

from itertools import pairwise
from random import Random

from msgspec import Struct

from core.text import slugify
from entrypoints.seeding.demo_films import FILMS
from entrypoints.seeding.rows import Lesson, Offer, Section
from modules.learning.domain.catalogue import Level

FIRST_NAMES = (  # noqa: SIM905 - a line of text reads best
    "Aarav Aditi Aditya Ajay Akash Amit Ananya Anil Anita Anjali Arjun Arun Asha Ashok Ayesha Bhavna Chetan Deepa "
    "Deepak Devika Dinesh Divya Farhan Fatima Gaurav Gayatri Geeta Gopal Harish Imran Isha Jaya Joseph Kabir Karan "
    "Kavya Kiran Lakshmi Leela Madhav Mahesh Manoj Maria Meena Mohan Nandini Naveen Neha Nikhil Nisha Omkar Pallavi "
    "Pankaj Parvati Pooja Pradeep Prakash Priya Rahul Rajesh Rakesh Ramya Ravi Rekha Ritu Rohit Sachin Salma Sameer "
    "Sandeep Sanjay Sarita Seema Shabana Shankar Shreya Simran Sneha Sonia Sudha Sunil Sunita Suresh Swati Tanvi "
    "Tarun Thomas Uma Usha Varun Vidya Vijay Vikram Vinod Vivek Yash Yusuf Zoya"
).split()
SURNAMES = (  # noqa: SIM905
    "Agarwal Ahmed Ansari Banerjee Bhat Bose Chatterjee Chauhan Chopra Das Desai Deshmukh Dixit Fernandes Ghosh Gill "
    "Gupta Hegde Iyer Jadhav Jain Joshi Kamble Kapoor Kaur Khan Kulkarni Kumar Malhotra Mathew Mehta Menon Mishra "
    "Nair Naidu Pandey Patel Patil Pawar Pillai Qureshi Rao Rathore Reddy Roy Saxena Shah Sharma Shetty Shinde Singh "
    "Sinha Srinivasan Thakur Tiwari Varghese Verma Yadav"
).split()

SUBJECTS = {
    "spoken-english": ("Spoken English", "Small Talk", "Telephone English", "Public Speaking", "Storytelling"),
    "business-english": ("Business English", "Interview English", "Mail Writing", "Presentations", "Negotiation"),
    "pronunciation": ("Pronunciation", "Word Stress", "Listening", "Neutral Accent", "Tongue Twisters"),
    "grammar": ("Tenses", "Prepositions", "English Grammar", "Articles", "Sentence Building"),
    "exams": ("IELTS Speaking", "Bank Exam English", "SSC English", "Reading Comprehension", "Essay Writing"),
    "hindi-medium": ("अंग्रेज़ी बोलना", "अंग्रेज़ी व्याकरण", "इंटरव्यू की तैयारी", "रोज़ के वाक्य", "सही उच्चारण"),
}
CATEGORIES = {
    "spoken-english": "Spoken English",
    "business-english": "Business English",
    "pronunciation": "Pronunciation",
    "grammar": "Grammar",
    "exams": "Exams",
    "hindi-medium": "हिन्दी माध्यम",
}
HINDI = "hindi-medium"
AUDIENCES = (
    "Beginners", "Shopkeepers", "Nurses", "Hotel Staff", "Engineers", "Teachers", "Drivers", "Homemakers",
    "College Students", "Call Centres", "Job Seekers", "Parents", "Travellers", "Shy Speakers", "Busy People",
)  # fmt: skip
PROMISES = (
    "Step by Step", "From Zero", "Made Easy", "in Practice", "Every Day", "Without Fear", "with Stories",
    "with Hindi Explanations", "the Quick Way", "Masterclass", "Workshop", "Evening Batch",
)  # fmt: skip
HINDI_AUDIENCES = (
    "गृहिणियों", "दुकानदारों", "छात्रों", "शिक्षकों", "नर्सों", "ड्राइवरों", "नौकरी खोजने वालों", "शर्मीले लोगों", "यात्रियों",
)  # fmt: skip
HINDI_PROMISES = ("आसान भाषा में", "शुरुआत से", "हर दिन दस मिनट", "बिना डर के", "कहानियों के साथ", "पूरी तैयारी")
PRICES = (0, 199_00, 299_00, 399_00, 499_00, 699_00, 999_00, 1499_00, 2499_00)
PRICE_WEIGHTS = (10, 14, 16, 14, 18, 10, 10, 5, 3)
ACCESS = (None, None, None, 90, 180, 365)

OPENINGS = (
    "Read the examples aloud, then close the page and say them again.",
    "Today there is one rule only, and you have used it already without knowing.",
    "Listen first. The grammar comes afterwards, and only a little of it.",
    "पहले बोलिए, फिर समझिए: speak first, understand afterwards.",
)
EXAMPLES = (
    "*Could you help me with this form?*", "*I've been waiting since nine.*", "*She speaks faster than I can think.*",
    "*We used to live near the river.*", "*Shall we begin?*", "*It depends on the traffic.*",
    "*I'd rather walk.*", "*मैं कल आऊँगा* – I'll come tomorrow.", "*कोई बात नहीं* – never mind.",
    "*What would you do in my place?*", "*He told me to wait outside.*", "*They have just left.*",
)  # fmt: skip
CLOSINGS = (
    "Record thirty seconds of your own and listen to them tomorrow.",
    "Say it to somebody who is not in this course.",
    "Write three sentences about your street.",
)
LESSON_TITLES = (
    "Listen and repeat", "One rule, ten sentences", "A talk at the bus stop", "Questions", "Numbers", "The past",
    "Mistakes we all make", "Polite and less polite", "What comes next", "A phone call", "Your own story", "Practice",
    "बोलकर देखिए", "Words that go together", "Saying no", "Small words, large difference",
)  # fmt: skip
SECTION_TITLES = ("Begin here", "Building blocks", "In conversation", "At work", "Further on", "Finish")
TEXTS = 48
"""So many different lesson texts there are; each is rendered once."""


class Name(Struct, frozen=True):
    full_name: str
    username: str
    """Unique by the user's id; at most 30 characters."""


def name(random: Random, user_id: int) -> Name:
    first, last = random.choice(FIRST_NAMES), random.choice(SURNAMES)
    return Name(f"{first} {last}", f"{first.lower()}.{last.lower()}.{user_id}"[:30])


def texts(random: Random) -> list[str]:
    """Lesson texts in Markdown."""
    return [_text(random, number) for number in range(TEXTS)]


def offer(random: Random, course_id: int) -> Offer:
    category = random.choice(list(SUBJECTS))
    subject, is_hindi = random.choice(SUBJECTS[category]), category == HINDI
    title = _title(random, subject, is_hindi=is_hindi)
    rating_count = int(random.paretovariate(1.1) * 3) if random.random() < 0.8 else 0
    return Offer(
        title=title,
        slug=f"{slugify(title) or 'course'}-{course_id}",
        description=_description(random, subject, is_hindi=is_hindi),
        category=category,
        price_paise=random.choices(PRICES, PRICE_WEIGHTS)[0],
        level=random.choices(list(Level), (5, 3, 2))[0],
        language="hi" if is_hindi else "en",
        is_published=random.random() < 0.97,
        is_trending=random.random() < 0.06,
        access_days=random.choice(ACCESS),
        rating=round(min(5.0, random.triangular(3.2, 5.0, 4.5)), 1) if rating_count else 0.0,
        rating_count=min(rating_count, 5_000),
    )


def sections(random: Random, lesson_texts: list[str]) -> list[Section]:
    """3–6 sections with 12–33 lessons; the first is a preview."""
    count = random.randint(12, 33)
    lessons = [_lesson(random, number, lesson_texts) for number in range(count)]
    parts = random.randint(3, 6)
    edges = [count * part // parts for part in range(parts + 1)]
    return [Section(SECTION_TITLES[part], "", lessons[start:end]) for part, (start, end) in enumerate(pairwise(edges))]


def _lesson(random: Random, number: int, lesson_texts: list[str]) -> Lesson:
    title = f"{number + 1}. {random.choice(LESSON_TITLES)}"
    if number == 0 or random.random() < 0.55:
        return Lesson(title, random.choice(lesson_texts), is_preview=number == 0)
    url, _ = random.choice(list(FILMS.values()))
    return Lesson(title, video=url, seconds=random.randint(120, 1500))


def _title(random: Random, subject: str, *, is_hindi: bool) -> str:
    if is_hindi:
        return f"{subject}: {random.choice(HINDI_AUDIENCES)} के लिए, {random.choice(HINDI_PROMISES)}"
    if random.random() < 0.5:
        return f"{subject} for {random.choice(AUDIENCES)}"
    days = f" in {random.choice((15, 21, 30, 45, 60, 90))} Days" if random.random() < 0.3 else ""
    return f"{subject}{days}: {random.choice(PROMISES)}"


def _description(random: Random, subject: str, *, is_hindi: bool) -> str:
    whom = random.choice(AUDIENCES).lower()
    if is_hindi:
        return f"{subject} – आसान पाठ, रोज़ का अभ्यास और असली बातचीत। Short lessons for {whom}, explained in Hindi."
    return (
        f"{subject} for {whom}: short lessons, real conversations and daily practice. {random.choice(OPENINGS)} "
        f"{random.choice(CLOSINGS)}"
    )


def _text(random: Random, number: int) -> str:
    examples = "\n".join(f"- {one}" for one in random.sample(EXAMPLES, 5))
    return f"## Practice {number + 1}\n\n{random.choice(OPENINGS)}\n\n{examples}\n\n> {random.choice(CLOSINGS)}"
