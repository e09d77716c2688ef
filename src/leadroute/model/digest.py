"""One digest for all that must come out the same on every machine: SHA-256.

The standard library's module loads OpenSSL, which costs as much as a tenth of ``import leadroute``; so it is loaded
when the first digest is asked for.
"""

from __future__ import annotations

__all__ = ["digest"]


def digest(text: str) -> bytes:
    """The SHA-256 of a text in UTF-8.

    Example:
        >>> digest("lead").hex()[:8]
        'e3456bc1'
    """
    from hashlib import sha256

    return sha256(text.encode()).digest()
