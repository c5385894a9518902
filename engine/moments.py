"""Points in time as people read them: by their own clock, with its distance from UTC beside."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo


def shown_at(value: datetime, zone: tzinfo) -> str:
    """A time to the minute, as clocks of a zone show it; without a zone of its own it is UTC.

    >>> from zoneinfo import ZoneInfo
    >>> night = datetime(2026, 11, 29, 17, 30, tzinfo=UTC)
    >>> shown_at(night, ZoneInfo("Asia/Shanghai")), shown_at(night, ZoneInfo("Asia/Kolkata")), shown_at(night, UTC)
    ('2026-11-30 01:30 UTC+8', '2026-11-29 23:00 UTC+5:30', '2026-11-29 17:30 UTC')
    >>> shown_at(datetime(2026, 7, 1, 3, 0), ZoneInfo("America/St_Johns"))
    '2026-07-01 00:30 UTC−2:30'
    """
    local = (value if value.tzinfo is not None else value.replace(tzinfo=UTC)).astimezone(zone)
    offset = local.utcoffset()
    minutes = 0 if offset is None else round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    distance = f"{'+' if minutes > 0 else '−'}{hours}{f':{rest:02d}' if rest else ''}" if minutes else ""
    return f"{local:%Y-%m-%d %H:%M} UTC{distance}"
