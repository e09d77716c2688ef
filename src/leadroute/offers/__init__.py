"""What becomes of a lead: offers, answers, time-outs, and the changes that record them."""
