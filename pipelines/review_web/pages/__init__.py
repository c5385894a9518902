"""The pages: each function takes what all pages share and one request, and gives the answer."""
