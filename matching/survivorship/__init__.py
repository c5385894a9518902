"""Survivorship: of all that a customer's records say, what the golden record keeps, and why."""

from matching.survivorship.blocks import COLUMNS
from matching.survivorship.golden import Survived, golden, survive
from matching.survivorship.rules import RulesError, SurvivorshipRules, load_rules

__all__ = ["COLUMNS", "RulesError", "Survived", "SurvivorshipRules", "golden", "load_rules", "survive"]
