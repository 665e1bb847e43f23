"""SQL: tables, engine, one store class for each noun. The only room that speaks SQLAlchemy."""
