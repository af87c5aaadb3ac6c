"""Values and rules of learning: courses and contents, media, enrolments, progress."""
