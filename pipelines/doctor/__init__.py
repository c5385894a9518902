"""`chezhu doctor`: whether a home is well. ``around``: what surrounds it; ``contents``: what it holds; ``examine``: all of it, and mending."""
