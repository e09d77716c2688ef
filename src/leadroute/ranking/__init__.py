"""Who may take a lead, who should, and why."""
