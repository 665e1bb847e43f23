"""What is collected from where no files lie: each kind of source writes files that can be read."""
