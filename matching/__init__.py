"""Blocking, comparing, weighing, clustering, explaining; identity over time; survivorship."""
