"""How far each reader of the log has come. It moves in the transaction of what was done."""

from typing import cast

from services.log.database import Connection


async def reached(connection: Connection, name: str) -> int:
    """The position of the last event this reader has dealt with, 0 before the first."""
    cursor = await connection.execute("select position from checkpoints where name = %s", (name,))
    row = cast("tuple[int] | None", await cursor.fetchone())
    return row[0] if row else 0


async def reached_and_held(connection: Connection, name: str) -> tuple[int, str | None]:
    """Position and shape, the row locked until the transaction ends: one reader at a time."""
    while True:
        cursor = await connection.execute(
            "select position, shape from checkpoints where name = %s for update", (name,)
        )
        if row := await cursor.fetchone():
            return cast("tuple[int, str | None]", row)
        await connection.execute(
            "insert into checkpoints (name, position) values (%s, 0) on conflict do nothing",
            (name,),
        )


async def move(connection: Connection, name: str, position: int) -> None:
    """Everything up to this position has been dealt with."""
    await connection.execute(
        "insert into checkpoints (name, position) values (%(name)s, %(position)s)"
        " on conflict (name) do update"
        " set position = %(position)s, moved_at = clock_timestamp()",
        {"name": name, "position": position},
    )


async def reshape(connection: Connection, name: str, position: int, shape: str) -> None:
    """As `move`, for tables of another shape."""
    await connection.execute(
        "insert into checkpoints (name, position, shape) values (%(name)s, %(position)s, %(shape)s)"
        " on conflict (name) do update"
        " set position = %(position)s, shape = %(shape)s, moved_at = clock_timestamp()",
        {"name": name, "position": position, "shape": shape},
    )
