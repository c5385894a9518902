"""Measures, expectations, charts, HTML and XLSX."""
