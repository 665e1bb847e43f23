import pytest
from sqlalchemy import event


@pytest.fixture
def statements(catalog):
    """The statements that the catalog sends, but those that begin and end transactions."""
    sent = []

    def note(_connection, _cursor, statement, _parameters, _context, _many):
        if not statement.startswith("BEGIN"):
            sent.append(statement)

    event.listen(catalog._database._engine, "before_cursor_execute", note)
    return sent
