"""The jobs of benchmarks/cleansing.py, a module each."""
