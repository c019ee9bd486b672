"""Dispatch shared between processes, by community."""

from dataclasses import dataclass
from zlib import crc32


@dataclass(frozen=True)
class Partition:
    """Which communities this process looks after: the `of` parts are numbered from 1."""

    part: int = 1
    of: int = 1

    def has(self, community: str) -> bool:
        """Whether the community is in this part. Overlap costs work, never a double booking."""
        return crc32(community.encode()) % self.of == self.part - 1
