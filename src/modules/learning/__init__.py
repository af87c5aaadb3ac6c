"""Learning: the catalogue, what may be opened by whom, enrolments and progress.

Owns categories, courses, modules, contents, enrolments and progress. Workflows: authoring (courses), outlining (modules
and contents), enrolling, importing (CSV), viewing (opening a content) and studying (progress). Announces enrolments and
completions.
"""
