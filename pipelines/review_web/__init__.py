"""Review in the browser: `chezhu review serve`. Pages made on the server; no build step, no request to anywhere else."""
