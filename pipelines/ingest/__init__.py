"""Taking in what dealers send: find files, recognize them, and turn rows into records, quarantine or counted skips."""
