"""What we can tell about a customer: value, care calendar, household, reach."""
