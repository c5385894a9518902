"""The version of the rules: a new one makes every record be cleansed again."""

VERSION = "0.1.0"
