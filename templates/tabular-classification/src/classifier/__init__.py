"""A classifier on a table of loan applications."""
