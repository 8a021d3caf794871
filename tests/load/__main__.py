"""Throughput beside the library's own, 500 requests at once, and memory over 5,000 requests."""

from __future__ import annotations

import hashlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from itertools import cycle
from pathlib import Path

from app.commands.context import database
from app.commands.demo import Server, running
from app.database import reading
from app.ledger_check import check_chain
from labeling import verify
from tests.bench import subjects, tasks
from tests.load.client import Client, Upload, upload

CORES = os.cpu_count() or 1
KINDS = ("JPEG", "PNG", "WebP")
SECONDS = 20.0
ROUNDS = 3


def pictures(side: int) -> list[bytes]:
    """One photograph of each kind."""
    return [subjects.encoded(kind, (side, side)) for kind in KINDS]


def library_alone(seconds: float) -> int:
    """How many labellings with everything one process does in this time."""
    mix = pictures(1024)
    for data in mix:
        tasks.label_with_everything(data)
    count, until = 0, time.perf_counter() + seconds
    for data in cycle(mix):
        if time.perf_counter() >= until:
            return count
        tasks.label_with_everything(data)
        count += 1
    return count


def one_client(address: str, key: str, seconds: float, offset: int) -> int:
    """How many answers one client gets in this time; raises where one is not 201."""
    client = Client(address, key)
    mix = [upload(f"{index}", data) for index, data in enumerate(pictures(1024))]
    count, until = 0, time.perf_counter() + seconds
    for item in cycle(mix[offset:] + mix[:offset]):
        if time.perf_counter() >= until:
            break
        status, _, body = client.label(item)
        if status != 201:
            raise RuntimeError(f"{status}: {body[:300]!r}")
        count += 1
    client.close()
    return count


def throughput(server: Server) -> None:
    """The library in as many processes as cores, then the service with as many workers; three rounds, in turn."""
    print("\n### throughput: 1 MP JPEG, PNG, WebP in turn, visible label, record, credential, ledger\n")
    print("| round | library per s | service per s | service / library |\n| --- | --- | --- | --- |")
    ratios = []
    with ProcessPoolExecutor(CORES) as pool:
        list(pool.map(library_alone, [0.5] * CORES))
        for index in range(ROUNDS):
            alone = sum(pool.map(library_alone, [SECONDS] * CORES)) / SECONDS
            clients = range(2 * CORES)
            with ThreadPoolExecutor(2 * CORES) as threads:
                work = [threads.submit(one_client, server.address, server.key, SECONDS, i % 3) for i in clients]
                served = sum(job.result() for job in work) / SECONDS
            ratios.append(served / alone)
            print(f"| {index + 1} | {alone:.1f} | {served:.1f} | {served / alone:.2f} |", flush=True)
    print(f"\nmedian ratio {statistics.median(ratios):.2f} (bar: 0.80)")


def at_once(server: Server, requests: int = 500) -> None:
    """Many requests of mixed size at the same moment: every answer is whole and every one is in the ledger."""
    uploads = [upload(f"{side}-{i}", data) for side in (128, 300, 700, 1024) for i, data in enumerate(pictures(side))]

    def send(item: Upload) -> tuple[int, str, str, int, str]:
        client = Client(server.address, server.key)
        status, headers, body = client.label(item)
        verdict = str(verify(body).verdict) if status == 201 else ""
        client.close()
        return status, headers.get("mingbiao-label-id", ""), hashlib.sha256(body).hexdigest(), len(body), verdict

    started = time.perf_counter()
    with ThreadPoolExecutor(requests) as threads:
        answers = list(threads.map(send, (uploads[i % len(uploads)] for i in range(requests))))
    took = time.perf_counter() - started
    client = Client(server.address, server.key)
    rows = [client.get(f"/api/v1/labels/{label_id}") for _, label_id, *_ in answers]
    created = sum(status == 201 for status, *_ in answers)
    conformant = sum(verdict == "conformant" for *_, verdict in answers)
    in_ledger = sum(
        row["output"] == {"sha256": digest, "bytes": size}
        for row, (_, _, digest, size, _) in zip(rows, answers, strict=True)
    )
    distinct = len({label_id for _, label_id, *_ in answers})
    print(f"\n### {requests} requests at once: {took:.1f} s\n")
    print(
        "| answered 201 | conformant | in the ledger with the answer's hash | distinct ids |\n| --- | --- | --- | --- |"
    )
    print(f"| {created} | {conformant} | {in_ledger} | {distinct} |", flush=True)
    if {created, conformant, in_ledger, distinct} != {requests}:
        sys.exit("requests were lost or damaged")


def memory(server: Server, requests: int = 5000) -> None:
    """Resident memory of the workers over many requests."""
    print(f"\n### memory of all workers over {requests} requests\n\n| requests | resident MB |\n| --- | --- |")
    mix = [upload(str(i), data) for i, data in enumerate(pictures(256))]

    def send(count: int) -> None:
        client = Client(server.address, server.key)
        for index in range(count):
            status, _, body = client.label(mix[index % len(mix)])
            if status != 201:
                raise RuntimeError(f"{status}: {body[:300]!r}")
        client.close()

    step = requests // 10
    with ThreadPoolExecutor(2 * CORES) as threads:
        for done in range(step, requests + 1, step):
            list(threads.map(send, [step // (2 * CORES)] * (2 * CORES)))
            print(f"| {done} | {_resident(server) / 1e6:.0f} |", flush=True)


def _resident(server: Server) -> int:
    """Bytes resident in the processes that serve this address (from /proc)."""
    return sum(_status_kib(pid, "VmRSS") for pid in _workers(server)) * 1024


def _workers(server: Server) -> Iterator[int]:
    marker = f"MINGBIAO_BIND={server.settings.bind}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if marker in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)
            except OSError:
                continue


def _status_kib(pid: int, field: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1])
    return 0


def main() -> None:
    """Run the three, on a service of their own."""
    with tempfile.TemporaryDirectory(prefix="mingbiao-load-") as folder, running(Path(folder)) as server:
        wanted = sys.argv[1:] or ["throughput", "at_once", "memory"]
        for name in wanted:
            {"throughput": throughput, "at_once": at_once, "memory": memory}[name](server)
        with database(server.settings) as engine, reading(engine) as connection:
            report = check_chain(connection)
        print(f"\nledger: {report.head.seq} rows, {'broken' if report.broken else 'the chain holds'}")


if __name__ == "__main__":
    main()
