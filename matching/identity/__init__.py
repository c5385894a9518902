"""Identity over time: a customer_id, once given, stays, and an id that ended resolves forever (law 7)."""

from matching.identity.lineage import UnknownCustomerError, ended, holders, members, resolve_id, survivors
from matching.identity.resolve import Resolution, resolve

__all__ = ["Resolution", "UnknownCustomerError", "ended", "holders", "members", "resolve", "resolve_id", "survivors"]
