"""Dagster assets, checks, schedules, sensors, resources; ingest; sinks; the `chezhu` command."""
