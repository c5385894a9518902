"""Moving data: read, write, SQL, map a kernel. The only room that imports duckdb or pyspark."""
