"""Campaign lists with a hold-out group, and what came of campaigns."""
