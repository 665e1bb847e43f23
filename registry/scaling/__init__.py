"""Pure numbers: laws, repetition, sufficiency. No files, no clock, no SQL."""
