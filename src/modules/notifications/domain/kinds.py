"""The types of notifications: what each says, what it links to, and which channels it takes by default.

A new type is a row of this table and a line in `entrypoints/reactions.py`.
"""

from enum import StrEnum

from msgspec import Struct


class NotificationType(StrEnum):
    NEW_POST = "new_post"
    NEW_REPLY = "new_reply"
    NEW_MENTION = "new_mention"
    NEW_MESSAGE = "new_message"
    POST_APPROVED = "post_approved"
    POST_REJECTED = "post_rejected"
    MODERATOR_ACTION = "moderator_action"
    ANNOUNCEMENT = "announcement"
    PAYMENT_RECEIVED = "payment_received"
    REFUND_PROCESSED = "refund_processed"
    ENROLMENT_EXPIRING = "enrolment_expiring"
    CERTIFICATE_ISSUED = "certificate_issued"
    CLASS_STARTING = "class_starting"
    ATTENDANCE_WARNING = "attendance_warning"


class LinkType(StrEnum):
    POST = "post"
    MESSAGE = "message"
    PAYMENT = "payment"
    REFUND = "refund"
    COURSE = "course"
    CERTIFICATE = "certificate"
    SESSION = "session"


class Language(StrEnum):
    ENGLISH = "en"
    HINDI = "hi"


class Channels(Struct, frozen=True):
    """The ways on which somebody is told."""

    in_app: bool
    email: bool
    push: bool


class Words(Struct, frozen=True):
    """Texts with `{names}` that are filled in when they are read, so that they name people as they are called then."""

    title: str
    message: str


class Kind(Struct, frozen=True):
    """`words` by variant; most types have one, named "". A variant that is not there reads as the first."""

    link: LinkType
    defaults: Channels
    words: dict[str, dict[Language, Words]]


EVERYWHERE = Channels(in_app=True, email=True, push=True)
AT_ONCE = Channels(in_app=True, email=False, push=True)
LATER = Channels(in_app=True, email=True, push=False)
_EN, _HI = Language.ENGLISH, Language.HINDI


def _one(title: str, message: str, title_hi: str, message_hi: str) -> dict[Language, Words]:
    return {_EN: Words(title, message), _HI: Words(title_hi, message_hi)}


KINDS: dict[NotificationType, Kind] = {
    NotificationType.NEW_POST: Kind(
        LinkType.POST,
        LATER,
        {"": _one("New post in {community}", "{actor}: {post}", "{community} में नई पोस्ट", "{actor}: {post}")},
    ),
    NotificationType.NEW_REPLY: Kind(
        LinkType.POST,
        EVERYWHERE,
        {"": _one("New reply", "{actor} replied: {excerpt}", "नया जवाब", "{actor} ने जवाब दिया: {excerpt}")},
    ),
    NotificationType.NEW_MENTION: Kind(
        LinkType.POST,
        EVERYWHERE,
        {
            "": _one(
                "You were mentioned",
                "{actor} mentioned you in {community}: {excerpt}",
                "आपका उल्लेख हुआ",
                "{actor} ने {community} में आपका उल्लेख किया: {excerpt}",
            )
        },
    ),
    NotificationType.NEW_MESSAGE: Kind(
        LinkType.MESSAGE,
        EVERYWHERE,
        {"": _one("Message from {actor}", "{excerpt}", "{actor} का संदेश", "{excerpt}")},
    ),
    NotificationType.POST_APPROVED: Kind(
        LinkType.POST,
        EVERYWHERE,
        {
            "": _one(
                "Your post was approved",
                "Members of {community} can read it now: {excerpt}",
                "आपकी पोस्ट स्वीकार हुई",
                "{community} के सदस्य अब इसे पढ़ सकते हैं: {excerpt}",
            )
        },
    ),
    NotificationType.POST_REJECTED: Kind(
        LinkType.POST,
        EVERYWHERE,
        {
            "": _one(
                "Your post was not published",
                "A moderator of {community} wrote: {notes}",
                "आपकी पोस्ट प्रकाशित नहीं हुई",
                "{community} के मॉडरेटर ने लिखा: {notes}",
            )
        },
    ),
    NotificationType.MODERATOR_ACTION: Kind(
        LinkType.POST,
        AT_ONCE,
        {
            "reported": _one(
                "A post was reported",
                "In {community}: {excerpt}",
                "एक पोस्ट की शिकायत हुई",
                "{community} में: {excerpt}",
            ),
            "hidden": _one(
                "A post is hidden after reports",
                "It waits for a decision in {community}: {excerpt}",
                "शिकायतों के बाद एक पोस्ट छिपाई गई",
                "{community} में निर्णय बाकी है: {excerpt}",
            ),
            "waiting": _one(
                "A post waits for approval",
                "{actor} in {community}: {excerpt}",
                "एक पोस्ट को स्वीकृति चाहिए",
                "{community} में {actor}: {excerpt}",
            ),
            "approved": _one(
                "A post was approved",
                "{actor} decided in {community}: {excerpt}",
                "एक पोस्ट स्वीकार हुई",
                "{community} में {actor} का निर्णय: {excerpt}",
            ),
            "rejected": _one(
                "A post was rejected",
                "{actor} decided in {community}: {excerpt}",
                "एक पोस्ट अस्वीकार हुई",
                "{community} में {actor} का निर्णय: {excerpt}",
            ),
        },
    ),
    NotificationType.ANNOUNCEMENT: Kind(
        LinkType.COURSE,
        EVERYWHERE,
        {"": _one("{community}: {title}", "{message}", "{community}: {title}", "{message}")},
    ),
    NotificationType.PAYMENT_RECEIVED: Kind(
        LinkType.PAYMENT,
        AT_ONCE,  # the receipt is a mail of its own
        {
            "": _one(
                "Payment received",
                "{amount} for {course}. You can start learning.",
                "भुगतान मिला",
                "{course} के लिए {amount}। आप पढ़ना शुरू कर सकते हैं।",
            ),
            "free": _one(
                "You are enrolled",
                "{course} is yours. You can start learning.",
                "आपका नामांकन हुआ",
                "{course} अब आपका है। आप पढ़ना शुरू कर सकते हैं।",
            ),
        },
    ),
    NotificationType.REFUND_PROCESSED: Kind(
        LinkType.REFUND,
        EVERYWHERE,
        {
            "": _one("Refund processed", "{amount} for {course}", "रिफ़ंड हो गया", "{course} के लिए {amount}"),
            "returned": _one(
                "A payment went back",
                "{amount} for {course} was paid twice or did not fit the order. What you have stays as it is.",
                "भुगतान लौटाया गया",
                "{course} के लिए {amount} दो बार दिया गया या ऑर्डर से मेल नहीं खाया। बाकी सब वैसा ही है।",
            ),
            "failed": _one(
                "A refund did not arrive",
                "{amount} for {course} could not be paid out. Ask for it again, or write to the school.",
                "रिफ़ंड नहीं पहुँचा",
                "{course} के लिए {amount} नहीं पहुँचाया जा सका। फिर से माँगें या स्कूल को लिखें।",
            ),
            "rejected": _one(
                "Your refund was declined",
                "{course}: {notes}",
                "आपका रिफ़ंड अस्वीकार हुआ",
                "{course}: {notes}",
            ),
        },
    ),
    NotificationType.ENROLMENT_EXPIRING: Kind(
        LinkType.COURSE,
        EVERYWHERE,
        {
            "": _one(
                "Your access ends soon",
                "You have access to {course} until {date}.",
                "आपकी पहुँच जल्द समाप्त होगी",
                "{course} तक आपकी पहुँच {date} तक है।",
            )
        },
    ),
    NotificationType.CERTIFICATE_ISSUED: Kind(
        LinkType.CERTIFICATE,
        EVERYWHERE,
        {
            "": _one(
                "Your certificate is ready",
                "You completed {course}.",
                "आपका प्रमाणपत्र तैयार है",
                "आपने {course} पूरा किया।",
            )
        },
    ),
    NotificationType.CLASS_STARTING: Kind(
        LinkType.SESSION,
        AT_ONCE,
        {
            "": _one("Class starts soon", "{title}: {date}", "कक्षा जल्द शुरू होगी", "{title}: {date}"),
            "moved": _one("Class moved", "{title} is now on {date}", "कक्षा का समय बदला", "{title} अब {date} को है"),
            "moved_series": _one(
                "Classes moved",
                "{title} is now on {date}, and those after it have moved, too",
                "कक्षाओं का समय बदला",
                "{title} अब {date} को है, और उसके बाद की कक्षाएँ भी बदली हैं",
            ),
            "cancelled": _one(
                "Class cancelled", "{title} on {date} is not held", "कक्षा रद्द हुई", "{title}, {date}, नहीं होगी"
            ),
            "cancelled_series": _one(
                "Classes cancelled",
                "{title} on {date} and those after it are not held",
                "कक्षाएँ रद्द हुईं",
                "{title}, {date}, और उसके बाद की कक्षाएँ नहीं होंगी",
            ),
        },
    ),
    NotificationType.ATTENDANCE_WARNING: Kind(
        LinkType.COURSE,
        EVERYWHERE,
        {
            "": _one(
                "Your attendance is low",
                "It is {percent} % in {course}.",
                "आपकी उपस्थिति कम है",
                "{course} में आपकी उपस्थिति {percent} % है।",
            ),
            "excuse_asked": _one(
                "A student asks to be excused",
                "{actor}: {title}, {date}",
                "एक छात्र छुट्टी माँगता है",
                "{actor}: {title}, {date}",
            ),
            "excused": _one(
                "Your excuse was accepted",
                "{title}, {date}, does not count for you. {notes}",
                "आपकी छुट्टी स्वीकार हुई",
                "{title}, {date}, आपके लिए नहीं गिना जाएगा। {notes}",
            ),
            "not_excused": _one(
                "Your excuse was declined",
                "{title}, {date}: {notes}",
                "आपकी छुट्टी अस्वीकार हुई",
                "{title}, {date}: {notes}",
            ),
        },
    ),
}

GONE = {
    _EN: "What this was about is no longer there.",
    _HI: "यह जिसके बारे में था वह अब नहीं है।",
}
SOMEBODY = {_EN: "Somebody", _HI: "किसी"}


def words(notification_type: NotificationType, variant: str, language: Language) -> Words:
    """The texts of a type in a language."""
    variants = KINDS[notification_type].words
    return (variants.get(variant) or next(iter(variants.values())))[language]
