getattr(1, (0x5f5f636c6173735f5f).to_bytes(9, "big").decode())
