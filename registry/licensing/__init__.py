"""Pure rules of licences: permissions, policies, what applies downstream. No clock, no SQL."""
