"""Learning's stores and reads: catalogue, outline, enrolments, studying."""
