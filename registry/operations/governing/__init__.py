"""Licences, generating models and takedowns."""
