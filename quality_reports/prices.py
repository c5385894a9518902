"""What a message costs, and what is lost by sending it for nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Prices:
    """Yuan for one SMS and one letter (print and postage)."""

    sms: float = 0.05
    post: float = 1.5

    def of(self, channel: str) -> float:
        """Yuan for one message of a channel (sms or post)."""
        return self.sms if channel == "sms" else self.post
