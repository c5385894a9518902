"""What leaves the house: CRM imports and exported tables."""
