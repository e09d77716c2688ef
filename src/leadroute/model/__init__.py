"""The values of routing: leads, reps, rosters, schedules. Frozen, validated, without I/O."""
