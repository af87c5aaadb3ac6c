"""Facts that learning announces."""

from core.events import Event


class ContentPublished(Event, frozen=True, kw_only=True):
    """A content is shown to students, or what it shows has changed."""

    content_id: int


class ContentWithdrawn(Event, frozen=True, kw_only=True):
    """A content is shown no longer, or is about to be deleted."""

    content_id: int


class StudentEnrolled(Event, frozen=True, kw_only=True):
    """Somebody has access to a course, for the first time or again."""

    enrollment_id: int
    user_id: int
    course_id: int
    source: str


class EnrolmentChanged(Event, frozen=True, kw_only=True):
    """An enrolment was suspended, resumed, extended or cut short."""

    enrollment_id: int
    user_id: int
    course_id: int


class InstructorRemoved(Event, frozen=True, kw_only=True):
    """Somebody teaches a course no longer."""

    course_id: int
    user_id: int


class CourseCompleted(Event, frozen=True, kw_only=True):
    enrollment_id: int
    user_id: int
    course_id: int


class ImportStarted(Event, frozen=True, kw_only=True):
    import_id: int


class ScoreReached(Event, frozen=True, kw_only=True):
    """An attempt was graded after its course had been completed."""

    enrollment_id: int


class CertificateRulesChanged(Event, frozen=True, kw_only=True):
    """A course asks for other scores or another attendance, or gives certificates from now on."""

    course_id: int


class CertificateIssued(Event, frozen=True, kw_only=True):
    certificate_id: int
    user_id: int
    course_id: int
