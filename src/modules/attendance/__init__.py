"""Attendance: classes that are held live, who came, and what follows from it.

Status sets (`grading`), single and recurring classes (`scheduling`), opening, closing and the rotating code
(`conducting`), check-in and heartbeats (`attending`), the instructor's marks (`marking`), excuses (`excusing`),
warnings (`cautioning`) and the calendar of each person (`subscribing`). Announces that a class starts, moves or is
cancelled, that attendance was taken, that somebody's is low, and that an excuse was decided.
"""
