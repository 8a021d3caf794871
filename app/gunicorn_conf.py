"""How gunicorn runs the service: one process for each core, two threads each; `mingbiao serve` uses it.

The settings of the service apply: MINGBIAO_BIND, MINGBIAO_WORKERS, MINGBIAO_THREADS, MINGBIAO_TIMEOUT_SECONDS.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import struct
import tempfile
from typing import Any

from app.config import load_settings

# The folder in which the processes sum their metrics must be known before prometheus_client is imported for the first
# time; it is this server's own and goes with it.
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
_own_folder = _FOLDER not in os.environ
if _own_folder:
    os.environ[_FOLDER] = tempfile.mkdtemp(prefix="mingbiao-metrics-")

_settings = load_settings()

wsgi_app = "app:create_app()"
bind = _settings.bind
workers = _settings.workers
threads = _settings.threads
worker_class = "gthread"
timeout = _settings.timeout_seconds
graceful_timeout = 30
#: A worker takes no more connections than it has threads, and none stays when its answer is sent: what waits, waits for
#: whichever process is free. Kept-alive connections pile up on one process while the other idles.
keepalive = 0
worker_connections = threads
#: Native signers do not survive a fork, so nothing is built before it.
preload_app = False
#: The heartbeat file must not wait for a disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
#: The service writes its own line for each request.
accesslog = None
errorlog = "-"
loglevel = "warning"
#: Nobody steers this server through a socket.
control_socket_disable = True


#: A client that sends or takes nothing for so long gives its thread back.
SILENCE_SECONDS = 30


def when_ready(server: Any) -> None:
    """Bound how long a connection may be silent: those that a listener accepts inherit its time-outs (socket(7))."""
    bound = struct.pack("@ll", SILENCE_SECONDS, 0)
    for listener in server.LISTENERS:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            listener.sock.setsockopt(socket.SOL_SOCKET, option, bound)


# mallopt(3): M_TRIM_THRESHOLD and M_MMAP_THRESHOLD; the latter's highest value is half an arena.
_KEEP_FREED_MEMORY = ((-1, 512 * 1024 * 1024), (-3, 32 * 1024 * 1024))


def post_fork(_server: Any, _worker: Any) -> None:
    """Let glibc keep freed buffers: pictures come and go by megabytes, and their pages cost 5 % of each request."""
    allocator = ctypes.CDLL(None)
    if hasattr(allocator, "mallopt"):
        for option, size in _KEEP_FREED_MEMORY:
            allocator.mallopt(option, size)


def child_exit(_server: Any, worker: Any) -> None:
    """Forget the gauges of a worker that ended."""
    # Imported in a worker's parent only once the folder is set.
    from prometheus_client import multiprocess  # noqa: PLC0415

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def on_exit(_server: Any) -> None:
    """Remove the folder of the metrics."""
    if _own_folder:
        shutil.rmtree(os.environ[_FOLDER], ignore_errors=True)
