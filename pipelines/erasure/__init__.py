"""Erasure: a person's values leave every version, original and copy that the home keeps; a tombstone and a proof stay.

``forget`` puts it together: who is meant (``person``), which rows of the inbox (``originals``, written anew by ``rewriting``), the tables of every
version (``tables``), what else was kept (``copies``). Everything is prepared beside what is there; then a list of steps is written, and only then
carried out (``steps``), so that a process killed at any point leaves a whole version and can be finished by the next call.
"""
