"""A quiz of ten questions at the end of each course, after fill.py. Runs in the project's venv.

fill_learning.py SOURCE_DSN TARGET_DSN
"""

import asyncio
import sys
from typing import Any

from fill import SINCE, main

QUESTIONS, OPTIONS = 10, 4
STATEMENTS = (
    """INSERT INTO contents (course_id, module_id, title, content_type, text_content, text_html, is_preview,
        is_published, available_after_days, position, created_at, version)
    SELECT course_id, max(id), 'Check', 'quiz', '', '', false, true, 0, 1000, $1, 1 FROM modules GROUP BY course_id""",
    """INSERT INTO quizzes (content_id, passing_score, shuffle_questions, shuffle_options, show_answers, pools, version)
    SELECT id, 100, true, true, 'never', '{}', 1 FROM contents WHERE content_type = 'quiz'""",
    f"""INSERT INTO questions (quiz_id, question_text, question_type, points, explanation, tolerance, pool, position,
        is_removed, version)
    SELECT id, 'Question ' || n || ' of a usual length, so that a line is filled', 'single_choice', 1,
        'Because it is so.', '0', '', n, false, 1 FROM quizzes, generate_series(1, {QUESTIONS}) n""",
    f"""INSERT INTO question_options (question_id, option_text, is_correct, position)
    SELECT id, 'Option ' || n || ', with some words', n = 1, n FROM questions, generate_series(1, {OPTIONS}) n""",
)


async def fill(_source: Any, target: Any) -> None:
    for statement in STATEMENTS:
        await target.execute(statement, *([SINCE] if "$1" in statement else []))
    await target.execute("VACUUM (ANALYZE)")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], fill))
