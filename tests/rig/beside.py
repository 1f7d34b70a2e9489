"""Starts a server that others built, on a free loopback port of its own.

    beside.py ministack          CloudWatch: the Rust SDK speaks only CBOR there, which moto does not
    beside.py microburst URL     faults that an SDK believes, in front of URL

Prints {"port": …} once the server answers, and ends it with its own standard input.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

# A slow machine takes some seconds to load botocore's models.
PATIENCE_S = 60


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start(what, arguments, port, home):
    # Nobody's credentials are theirs, and what they write goes where it is removed.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"TMPDIR": home, "HOME": home, "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"}
    if what == "microburst":
        arguments = ["--port", str(port), "--host", "127.0.0.1", "--upstream", *arguments]
    return subprocess.Popen(
        [sys.executable, "-m", what, *arguments],
        env=environment,
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )


def wait_for(server, what, port):
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        if server.poll() is not None:
            sys.exit(f"{what} ended with {server.returncode} before it listened")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_{what}/health", timeout=PATIENCE_S):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
    server.kill()
    sys.exit(f"{what} did not listen within {PATIENCE_S} s")


def main():
    what, *arguments = sys.argv[1:]
    with tempfile.TemporaryDirectory() as home:
        port = free_port()
        server = start(what, arguments, port, home)
        try:
            wait_for(server, what, port)
            print(json.dumps({"port": port}), flush=True)
            while sys.stdin.buffer.read(4096):
                pass
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main()
