"""Attendance's store: its parts over one transaction."""

from adapters.sql.attendance.beside import SqlAttendanceErasure, SqlExcuseStore, SqlFeedStore, SqlWarningStore
from adapters.sql.attendance.classes import SqlScheduleStore
from adapters.sql.attendance.records import SqlConductStore


class SqlAttendanceStore(
    SqlScheduleStore, SqlConductStore, SqlExcuseStore, SqlWarningStore, SqlFeedStore, SqlAttendanceErasure
):
    """What attendance's workflows ask of the database; which of it each needs is its port's to say."""
