"""The workflows and reads of attendance, with their adapters."""

from typing import Any
from urllib.parse import urlsplit

from adapters.calendars import DateutilRules, IcalendarFormat
from adapters.codes import TotpCodes
from adapters.sql.attendance.queries import SqlCalendars, SqlClassQueries
from adapters.sql.attendance.reports import SqlAttendanceReports
from adapters.sql.attendance.store import SqlAttendanceStore
from entrypoints.compose.tools import Tools
from entrypoints.settings import Settings
from modules.attendance.attending import Attending
from modules.attendance.cautioning import Cautioning
from modules.attendance.conducting import Conducting
from modules.attendance.excusing import Excusing
from modules.attendance.grading import Grading
from modules.attendance.marking import Marking
from modules.attendance.scheduling import Scheduling
from modules.attendance.subscribing import Subscribing


def attendance(settings: Settings, tools: Tools) -> dict[str, Any]:
    begin, clock, hub = tools.database.begin(SqlAttendanceStore), tools.clock, tools.hub
    codes = TotpCodes()
    calendars = SqlCalendars(tools.database, clock)
    domain = urlsplit(settings.public_base_url).hostname or "localhost"
    return {
        "grading": Grading(begin),
        "scheduling": Scheduling(begin, DateutilRules(), tools.randomness, clock),
        "conducting": Conducting(begin, codes, hub, clock),
        "attending": Attending(begin, codes, hub, clock),
        "marking": Marking(begin, hub, clock),
        "excusing": Excusing(begin, hub, clock),
        "cautioning": Cautioning(begin),
        "subscribing": Subscribing(begin, calendars, IcalendarFormat(domain), tools.derivation, clock),
        "classes": SqlClassQueries(tools.database, clock),
        "attendance": SqlAttendanceReports(tools.database, clock),
    }
