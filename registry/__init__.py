"""muster: the catalog and ledger between raw data and a language-model training run."""

__version__ = "0.1.0"
