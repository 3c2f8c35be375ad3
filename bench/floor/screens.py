"""A thousand sockets and a sentence: for each line on its input, the same bytes to every screen, and nothing else."""

import os
import select
import socket
import sys


def main(size: int) -> None:
    """Print the port; a screen gets `size` bytes for every byte of standard input. Ends with its input."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listener.getsockname()[1], flush=True)
    body = b"data: " + b"x" * size
    message = b"event: change\n" + body + b"\n\n"
    screens: list[socket.socket] = []
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if listener in ready:
            screen, _ = listener.accept()
            screen.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            screens.append(screen)
            continue
        if not os.read(sys.stdin.fileno(), 1):
            return
        for screen in screens:
            screen.sendall(message)


if __name__ == "__main__":
    main(int(sys.argv[1]))
