"""Reference sources: tables that know some of our customers better than dealers do, and what each may fill or replace."""

from pipelines.reference_sources.settings import Source, SourceError, Sources, load_sources

__all__ = ["Source", "SourceError", "Sources", "load_sources"]
