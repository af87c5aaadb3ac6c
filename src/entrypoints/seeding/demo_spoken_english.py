"""The demo's main course: 33 lessons in six modules, for those who begin at zero. Its second half, and the whole."""

from entrypoints.seeding.demo_basics import DAILY_LIFE, FIRST_WORDS, PAST_AND_FUTURE
from entrypoints.seeding.demo_films import film
from entrypoints.seeding.rows import Lesson, Section

CONVERSATION = Section(
    "Real conversations",
    "Ask, agree, disagree, and keep talking.",
    (
        Lesson(
            "Questions that open doors",
            """
## Who, what, where, when, why, how

*Do you like Pune?* gets a yes, and silence. *What do you like about Pune?* gets a story.

The order is always: question word – helper – person – verb. *Where **do you** live? Why **did she** leave?*

हिन्दी में हम पूछते हैं "तुम कहाँ रहते हो?"; in English the helper **do** comes before the person.
""",
        ),
        film("Watch: a talk in the kitchen", "sprite"),
        Lesson(
            "Agreeing and disagreeing politely",
            """
## Yes, but…

- *Exactly! That's what I think, too.*
- *I see what you mean, **but**…*
- *I'm not so sure. What about…?*

"You are wrong" ends a talk; *"I see it differently"* continues it. Say the soft words first and the clear words
afterwards.

**Practise:** *Cricket is boring. Tea is better than coffee. Exams should go.* Agree once, disagree once.
""",
        ),
        Lesson(
            "When you did not understand",
            """
## Six ways not to nod

1. *Sorry, could you say that again?*
2. *Could you speak a little more slowly, please?*
3. *What does "deadline" mean?*
4. *Do you mean today or tomorrow?*
5. *How do you say "जुगाड़" in English?*
6. *Let me repeat that…*

Nodding costs more than asking. People like to explain.
""",
        ),
        Lesson(
            "Sheet: fifty sentences for every day",
            """
# Fifty sentences for every day (the first ten)

1. Nice to meet you. – आपसे मिलकर अच्छा लगा।
2. What do you do? – आप क्या काम करते हैं?
3. I'm on my way. – मैं रास्ते में हूँ।
4. Take your time. – आराम से कीजिए।
5. That sounds good. – ठीक लगता है।
6. It depends. – देखना पड़ेगा।
7. Let me check. – मैं देख लेता हूँ।
8. No problem at all. – कोई बात नहीं।
9. I'm looking forward to it. – मुझे इसका इंतज़ार है।
10. See you soon. – फिर मिलेंगे।

Add your own forty. A list that you wrote yourself is learnt twice.
""",
            file_name="fifty-sentences.md",
        ),
    ),
)

AT_WORK = Section(
    "English at work",
    "Interviews, telephone, meetings.",
    (
        Lesson(
            "Tell me about yourself",
            """
## Present – past – future

The first question of every interview wants an answer of one minute:

- **Present:** *I'm a sales assistant at a phone shop in Surat.*
- **Past:** *Before that I finished my B.Com. and helped in my uncle's business.*
- **Future:** *I'd like to work in a larger team, and that's why I'm here.*

No date of birth, no father's name. They ask what you can **do**.
""",
        ),
        film("Watch: the first day in a new team", "steel"),
        Lesson(
            "On the telephone",
            """
## You cannot see their face

- *This is Arjun Nair from Lotus Travels. May I speak to Ms. Iyer?*
- *I'm afraid she's in a meeting. Can I take a message?*
- *Could you tell her that I called?*
- *Let me read that back to you.*

Smile while you speak: it can be heard. और नंबर दो-दो अंकों में बोलिए।
""",
        ),
        Lesson(
            "In a meeting",
            """
## Getting a word in

*May I add something? – Just a quick question. – Sorry, I hadn't finished.*

If your mind goes blank, buy time: ***Let me think about that for a second.*** A silence feels long only to the one who
is silent.

**Remember:** *discuss the plan* (not *discuss about*), *meet on Friday*, *inform **us***, *reply **to** the mail*.
""",
        ),
        film("Watch: a problem at the office", "elephants"),
    ),
)

FLUENCY = Section(
    "Towards fluency",
    "Sound, rhythm and the habit that stays.",
    (
        Lesson(
            "V and W, S and SH",
            """
## Small sounds, large difference

For **v** the teeth touch the lip: *very, visit, seven*. For **w** the lips make a circle: *we, west, away.*

> **W**e **v**isited a **v**ery **w**arm **v**illage.

*She sells – see, she, seat, sheet.* No extra vowel before *sp, st, sk*: **school**, not *ischool*; **station**, not
*istation*.
""",
        ),
        film("Watch: listen for the rhythm", "coffee"),
        Lesson(
            "Think in English",
            """
## Leave the translator at home

Translating each word makes you slow. For five minutes a day, name what you see: *door, light, my left shoe, it's
raining again.* Then short sentences. Then a quarrel with yourself.

When a word is missing, walk around it: *"the thing you open bottles with"*. That **is** fluency: not all words, but
never stopping.

सोच बदलिए, भाषा अपने-आप चलने लगेगी।
""",
        ),
        film("Watch: retell the whole story", "sintel"),
        Lesson(
            "Your plan for the next ninety days",
            """
# Ninety days

- **Daily:** five minutes of thinking aloud.
- **Weekly:** one call in English with a friend.
- **Monthly:** record "Tell me about yourself" and compare it with the last one.

Keep this page. Tick the days. Miss one if you must, never two in a row.

You began with *"I am learning English."* End with: **"I speak English."**
""",
            file_name="ninety-days.md",
        ),
    ),
)

SPOKEN_ENGLISH = (FIRST_WORDS, DAILY_LIFE, PAST_AND_FUTURE, CONVERSATION, AT_WORK, FLUENCY)
