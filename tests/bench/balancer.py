"""A plain proxy, as stands before several web processes: each new connection goes to the next of them."""

import asyncio
import sys
from contextlib import suppress
from itertools import cycle

_PIECE = 64 * 1024


async def balance(port: int, behind: list[int]) -> None:
    """Until it is ended."""
    following = cycle(behind)

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_there, to_there = await asyncio.open_connection("127.0.0.1", next(following))
        await asyncio.gather(_pipe(reader, to_there), _pipe(from_there, writer))

    async with await asyncio.start_server(carry, "127.0.0.1", port) as server:
        await server.serve_forever()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(_PIECE):
            writer.write(piece)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(balance(int(sys.argv[1]), [int(port) for port in sys.argv[2:]]))
