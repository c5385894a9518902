"""Hypothesis without a deadline: the first value of a kernel pays for its reference tables, and machines are shared."""

from hypothesis import settings

settings.register_profile("cleansing", deadline=None)
settings.load_profile("cleansing")
