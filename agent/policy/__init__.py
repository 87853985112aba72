"""What may happen: modes, rules, approvals, and the defence against orders hidden in outside text."""
