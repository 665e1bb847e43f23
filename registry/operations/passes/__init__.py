"""What every pass over documents stands on."""
