"""A classifier on a table that `contract.yaml` describes."""
