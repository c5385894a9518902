"""Vehicles: identification numbers (:mod:`vins`) and licence plates (:mod:`plates`)."""
