"""The journey of `make demo`: its data, its people, its steps."""
