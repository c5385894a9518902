"""Text to typed values: phones, names, addresses, identities, vehicles, dates; reasons; scores."""
