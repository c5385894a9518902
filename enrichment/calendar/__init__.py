"""When to turn to a customer and why: cars with their dates, festivals and birthdays, and the tasks made of them."""
