"""SHA-256 without OpenSSL, which `hashlib` would load; where an interpreter has no such module, with it."""

try:
    from _sha256 import sha256
except ImportError:
    from hashlib import sha256

__all__ = ["sha256"]
