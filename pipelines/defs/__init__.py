"""The asset graph, a file for each part of the flow."""
