"""What comes from files and goes into them: rows of leads and reps, policies, calendars."""
