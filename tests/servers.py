"""A server on the loopback address that sends what a test tells it to."""

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def serving() -> Iterator[tuple[Any, str]]:
    """Yield a server and its address: it sends `answers` in turn, the last one again and again.

    An answer is a status, the content, and the size that is announced. `asked` counts requests.
    """

    class Handler(BaseHTTPRequestHandler):
        answers: list[tuple[int, bytes, int]] = []
        asked = 0

        def do_GET(self):
            status, content, size = self.answers[min(Handler.asked, len(self.answers) - 1)]
            Handler.asked += 1
            self.send_response(status)
            self.send_header("Content-Length", str(size))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=running.serve_forever, args=(0.01,))
    thread.start()
    yield Handler, f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()
    thread.join()
    gc.collect()
