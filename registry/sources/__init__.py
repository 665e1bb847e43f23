"""Where data comes from: each source yields batches of raw documents and of rejected rows."""
