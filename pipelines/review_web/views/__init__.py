"""What the pages show, worked out from tables and explanations: plain data for the templates, masked where the visitor is a reader."""
