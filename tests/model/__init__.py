"""The promises of the values: leads, reps, schedules."""
