"""`chezhu generate`: dealer exports as they really look, with the truth beside them. Nothing in the product imports it."""
