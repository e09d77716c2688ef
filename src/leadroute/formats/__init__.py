"""Reading and writing: policies, rows of leads and reps, calendars."""
