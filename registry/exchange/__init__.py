"""The formats in which other tools describe data: each written and read by a module of its own."""
