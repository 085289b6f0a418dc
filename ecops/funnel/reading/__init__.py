"""From a log of events or a table of counts to steps: whatever the steps are called there."""
