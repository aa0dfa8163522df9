def generate_signals(bars):
    import socket
    return socket.socket()
