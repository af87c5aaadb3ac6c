"""The workflows and reads of learning, with their adapters."""

from typing import Any

from adapters.certificates import Ed25519Signer
from adapters.printing import PdfCertificates
from adapters.rendering import SafeMarkdown
from adapters.sql.learning.analytics import SqlAnalyticsQueries
from adapters.sql.learning.archive import SqlArchiveStore
from adapters.sql.learning.attempts import SqlAttemptBook, SqlAttemptStore
from adapters.sql.learning.catalogue import SqlCatalogueStore
from adapters.sql.learning.catalogue_queries import SqlCatalogueQueries
from adapters.sql.learning.certificates import SqlCertificateQueries, SqlCertificateStore
from adapters.sql.learning.enrolment import SqlEnrolmentStore
from adapters.sql.learning.notes import SqlNoteQueries, SqlNoteStore
from adapters.sql.learning.outline import SqlOutlineStore
from adapters.sql.learning.quiz_queries import SqlQuizQueries
from adapters.sql.learning.quizzes import SqlQuizStore
from adapters.sql.learning.reviews import SqlCourseReviewQueries, SqlCourseReviewStore
from adapters.sql.learning.study import SqlProgressBook, SqlStudyStore, SqlSyncStore
from adapters.sql.learning.study_queries import SqlStudyQueries
from adapters.sql.learning.uploads import SqlUploadStore
from adapters.storage.pictures import LocalShelf, Pictures, S3Shelf
from entrypoints.compose.tools import Tools
from entrypoints.settings import Settings
from modules.learning.admission import Admission
from modules.learning.archiving import Archiving
from modules.learning.attempting import Attempting
from modules.learning.authoring import Authoring
from modules.learning.certifying import Certifying
from modules.learning.enrolling import Enrolling
from modules.learning.importing import Importing
from modules.learning.noting import Noting
from modules.learning.outlining import Outlining
from modules.learning.ports import MediaLibrary
from modules.learning.quizzing import Quizzing
from modules.learning.reviewing import Reviewing
from modules.learning.studying import Studying
from modules.learning.syncing import Syncing
from modules.learning.uploading import Uploading
from modules.learning.viewing import Viewing


def learning(settings: Settings, tools: Tools, library: MediaLibrary, shelf: LocalShelf | S3Shelf) -> dict[str, Any]:
    database, clock = tools.database, tools.clock
    study, quizzes, admission = SqlStudyQueries(database, clock), SqlQuizQueries(database), Admission(clock)
    return {
        "authoring": Authoring(
            database.begin(SqlCatalogueStore), Pictures(shelf, "thumbnails", (1280, 720)), library, tools.randomness
        ),
        "outlining": Outlining(
            database.begin(SqlOutlineStore), library, SafeMarkdown(), settings.upload_limit_mib * 2**20
        ),
        "archiving": Archiving(database.begin(SqlArchiveStore), library, SafeMarkdown(), tools.randomness),
        "uploading": Uploading(database.begin(SqlUploadStore), library, clock, settings.upload_limit_mib * 2**20),
        "enrolling": Enrolling(database.begin(SqlEnrolmentStore), admission),
        "importing": Importing(database.begin(SqlEnrolmentStore), admission),
        "viewing": Viewing(study, quizzes, library, clock),
        "studying": Studying(database.begin(SqlStudyStore), SqlProgressBook(database, clock), clock),
        "syncing": Syncing(database.begin(SqlSyncStore), clock),
        "quizzing": Quizzing(database.begin(SqlQuizStore)),
        "attempting": Attempting(
            database.begin(SqlAttemptStore), SqlAttemptBook(database, clock), quizzes, tools.randomness, clock
        ),
        "catalogue": SqlCatalogueQueries(database),
        "study": study,
        "quizzes": quizzes,
        "certifying": Certifying(
            database.begin(SqlCertificateStore),
            Ed25519Signer(tools.derivation.derive("certificates")),
            PdfCertificates(tools.press),
            tools.randomness,
            clock,
            settings.public_base_url,
        ),
        "certificates": SqlCertificateQueries(database),
        "analytics": SqlAnalyticsQueries(database),
        "noting": Noting(database.begin(SqlNoteStore), study, clock),
        "notes": SqlNoteQueries(database),
        "reviewing": Reviewing(database.begin(SqlCourseReviewStore), clock),
        "reviews": SqlCourseReviewQueries(database),
    }
