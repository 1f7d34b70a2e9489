"""The test rig: moto's server in one process with what moto lacks.

Everything in this folder except moto itself is our idea of AWS; a figure that rests on it says so.

    python server.py [--plain]

It listens on a free loopback port, prints one line of JSON (`{"port": …, "plain": …}`) and ends when its standard
input closes, so that it never outlives the test that started it. `--plain` leaves moto as it is: nothing but the
request log, the faults and the seeded fleet is ours then.
"""

import argparse
import json
import os
import sys
import threading

# moto reads these when it is imported.
os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"
os.environ["MOTO_ENABLE_AMI_VALIDATION"] = "1"
os.environ["MOTO_EC2_ENABLE_INSTANCE_TYPE_VALIDATION"] = "1"
os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "1"
# The in-process clients of the seed must not find a person's own account.
os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull

from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server  # noqa: E402

import behaviour  # noqa: E402
from front import Front  # noqa: E402
from world import Worlds  # noqa: E402


class QuietRequestHandler(MotoRequestHandler):
    """Writes no access log: the request log is asked for over HTTP. The time of an answer is the front's to tell."""

    def send_response(self, code, message=None):
        self.send_response_only(code, message)
        self.send_header("Server", self.version_string())

    def log(self, type, message, *args):  # noqa: A002
        if type != "info":
            super().log(type, message, *args)


def end_with_standard_input():
    while sys.stdin.buffer.read(4096):
        pass
    # Requests may be hanging in a fault, so nothing is waited for.
    os._exit(0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--plain", action="store_true", help="moto as it is, with the request log in front")
    plain = parser.parse_args().plain

    worlds = Worlds()
    if not plain:
        behaviour.install(worlds)
    front = Front(DomainDispatcherApplication(create_backend_app), worlds, plain)
    server = make_server("127.0.0.1", 0, front, threaded=True, request_handler=QuietRequestHandler)
    server.daemon_threads = True
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    print(json.dumps({"port": server.server_port, "plain": plain}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
