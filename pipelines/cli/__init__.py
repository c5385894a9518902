"""The `chezhu` command. A command's module is imported when it is called, so that help answers at once."""

from pipelines.cli.main import main

__all__ = ["main"]
