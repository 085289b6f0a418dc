"""Who may do what: functions of roles, sub-accounts with their end and refund quota, and the log of what was done."""
