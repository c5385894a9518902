"""What a customer is worth: RFM, lifetime value, the model of many indicators, and what it came to over time and by group."""
