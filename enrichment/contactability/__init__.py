"""Over which value a customer is reached best, whether that is allowed, and when."""
