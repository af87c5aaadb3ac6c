"""The first half of the demo's main course: the words and tenses of every day."""

from entrypoints.seeding.demo_films import film
from entrypoints.seeding.rows import Lesson, Section

FIRST_WORDS = Section(
    "First words",
    "Say who you are, without fear.",
    (
        Lesson(
            "Welcome: how to learn here",
            """
# Welcome

You will **speak** in this course from the first day. Nobody here laughs at a mistake; a mistake is how the
tongue learns.

- Read each lesson *aloud*, twice.
- Record yourself once a day, thirty seconds are enough.
- Do one lesson a day rather than seven on Sunday.

> गलती करना सीखने का पहला कदम है। (Making a mistake is the first step of learning.)

Your first sentence: **"I am learning English."** Say it now.
""",
            is_preview=True,
        ),
        film("Watch: two people meet", "llamigos"),
        Lesson(
            "I am, you are, she is",
            """
## One small verb

| English | हिन्दी |
|---|---|
| I **am** a student. | मैं छात्र हूँ। |
| You **are** my friend. | तुम मेरे दोस्त हो। |
| She **is** at home. | वह घर पर है। |
| We **are** ready. | हम तैयार हैं। |

In Hindi the verb stands at the end. In English it comes **right after the person**. In speech we shorten it: *I'm,
you're, she's, we're.*

**Say aloud:** I'm from Nashik. She's from Kochi. We're from India.
""",
        ),
        Lesson(
            "Introduce yourself in four sentences",
            """
## Four sentences, thirty seconds

1. *Hello, I'm Sunita.*
2. *I'm from Indore, and I live in Pune.*
3. *I work in a bank.* / *I study commerce.*
4. *I like old films and long train journeys.*

Do not say "Myself Sunita". Many of us learnt it so, but English speakers say **I'm** or **My name is**.

**Your turn:** change the four sentences until all of them are true, then say them to a mirror.
""",
        ),
        Lesson(
            "Names and spelling on the phone",
            """
## B for Bombay

On the phone *B, D, P* and *T* sound alike. Give a word with the letter:

- **B** for Bombay, **D** for Delhi, **P** for Pune, **T** for Tamil
- **M** for Mumbai, **N** for Nagpur

*"My surname is Patil: P for Pune, A, T for Tamil, I, L."*

Two useful questions: **"Could you spell that, please?"** and **"Is that B or P?"**
""",
        ),
        Lesson(
            "Greetings from morning to night",
            """
## नमस्ते, all day long

*Good morning* until noon, *good afternoon* until about five, *good evening* after that. **Good night** is not a
greeting: it is how we part before sleep.

To *How are you?* answer short and ask back:

> – How are you?
> – I'm fine, thank you. And you?

With friends: *Hi! How's it going? – Not bad!*
""",
        ),
    ),
)

DAILY_LIFE = Section(
    "Daily life",
    "Home, food, the bus and the clock.",
    (
        Lesson(
            "Every day: the simple present",
            """
## What you do every day

*I get up at six. I make tea. My brother **goes** to college.*

With **he, she, it** the verb takes an **-s**: *she works, he watches, it rains.* Forgetting this -s is the most common
mistake of all, so exaggerate it when you practise: she work**sss**.

रोज़ के काम के लिए: *I go*, न कि *I am going*.

**Say aloud** five things your mother does every day.
""",
        ),
        film("Watch: a morning in the village", "bunny"),
        Lesson(
            "Right now: -ing",
            """
## What is happening at this moment

*I **am cooking**. The baby **is sleeping**. They **are waiting** for the bus.*

| Every day | Now |
|---|---|
| I drink tea. | I'm drinking tea. |
| मैं चाय पीता हूँ। | मैं चाय पी रहा हूँ। |

Some verbs do not like *-ing*: **know, want, need, like, understand**. Say *I understand*, never *I am understanding*.
""",
        ),
        Lesson(
            "Telling the time",
            """
## Quarter past, half past, quarter to

- 7:15 – *quarter past seven* (सवा सात)
- 7:30 – *half past seven* (साढ़े सात)
- 7:45 – *quarter to eight* (पौने आठ)

We meet **at** six, **on** Monday, **in** March. Three little words, and every calendar obeys them.

**Ask and answer:** *When does your train leave? – At quarter to nine.*
""",
        ),
        Lesson(
            "At the shop",
            """
## Asking for things

Begin with **"I'd like…"** or **"Could I have…?"**; "Give me" sounds like an order.

- *How much is this?* – ये कितने का है?
- *How much are these?* – several things
- *That's a little expensive. Do you have anything cheaper?*
- *Can I pay by UPI?*

Play both the customer and the shopkeeper. Change your voice: it helps more than you think.
""",
        ),
        Lesson(
            "Asking the way",
            """
## Left, right, straight on

*Excuse me, how do I get to the station?*

1. *Go **straight on** until the temple.*
2. *Turn **left** at the traffic lights.*
3. *It's **on your right**, **opposite** the petrol pump.*

Repeat what you heard: *"So left at the lights, then on my right?"* Then thank the person: *"Thank you, that's very
kind."*
""",
        ),
    ),
)

PAST_AND_FUTURE = Section(
    "Yesterday and tomorrow",
    "Tell what happened, and what will.",
    (
        Lesson(
            "Yesterday: regular verbs",
            """
## Three sounds of -ed

| sounds like | verbs |
|---|---|
| **t** | worked, helped, asked |
| **d** | played, called, lived |
| **id** | wanted, needed, waited |

Only after *t* and *d* is there a new syllable. It is *workt*, never *work-ed*.

**Tell** three things that you did yesterday: *I called my sister. I cooked rice. I waited for the rain.*
""",
        ),
        Lesson(
            "Yesterday: the rebels",
            """
## go – went, see – saw

The commonest verbs are the most rebellious: *go/went, come/came, eat/ate, see/saw, buy/bought, think/thought.*

Questions and *not* take **did** and the verb's first form:

- *Did you **go**?* – not *Did you went?*
- *I didn't **see** him.* – not *I didn't saw him.*

कल का "did" पूरे वाक्य का बोझ उठाता है; क्रिया आराम करती है।
""",
        ),
        film("Watch: a story without words – tell it yourself", "spring"),
        Lesson(
            "Plans: going to and will",
            """
## Decided, or just now?

- A plan you have: *I'm **going to** visit my aunt on Sunday.*
- A decision of this moment: *The phone is ringing – I**'ll** take it!*
- A promise: *I'll never be late again.*

With fixed times we even use *-ing*: *I'm meeting the doctor at four.*

**Tell** a friend about your weekend in five sentences.
""",
        ),
        film("Watch: a journey", "cosmos"),
        Lesson(
            "A story in six sentences",
            """
## First, then, suddenly, in the end

*Last summer we took the night train to Goa. **First** everything went well. **Then** it stopped in the dark.
**Suddenly** somebody began to sing. **Soon** the whole coach sang. **In the end** nobody minded the delay.*

Six sentences, one after another, held together by small words.

**Your turn:** a journey of your own. Record it, listen, record it again.
""",
        ),
    ),
)
