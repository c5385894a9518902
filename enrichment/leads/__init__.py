"""What became of leads, how content customers are, and whom each dealer calls today."""
