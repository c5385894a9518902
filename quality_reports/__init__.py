"""Quality in numbers: measures, expectations, the before/after report (HTML, XLSX, JSON)."""
