"""Read models of given events."""

import pytest

from services.log.database import connect
from services.projector.projector import show
from services.projector.statements import Statements
from tests.projections.tables import contents
from tests.recording import recorded


@pytest.fixture
async def shown(database_url, settings, pool):
    """Given events, the rows of a read model made anew."""
    connection = await connect(database_url, settings)

    async def given(projection, *events, batches=1):
        statements = Statements(projection)
        await connection.execute(f"drop schema if exists {projection.name} cascade".encode())
        for statement in statements.create():
            await connection.execute(statement)
        news = recorded(*events)
        size = -(-len(news) // batches)
        for start in range(0, len(news), size):
            await show(connection, statements, news[start : start + size])
        return await contents(pool, projection)

    yield given
    await connection.close()
