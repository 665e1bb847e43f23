"""SQL: tables, engine, one store class for each noun. The only room that speaks SQLAlchemy.

`Catalog` (`registry.catalog.catalog`) opens a database, `registry.catalog.migrate` makes and
upgrades one.
"""
