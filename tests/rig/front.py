"""What stands before moto: the request log, the faults, and the doors by which a test tells the rig things.

GET  /rig                      {"plain": …}
GET  /rig/ACCOUNT/log          every request of the account, oldest first; `POST` empties it
POST /rig/ACCOUNT/faults       one more fault (see `Fault`); `DELETE` takes all away and lets go what they hold
POST /rig/ACCOUNT/WORD         the words of `controls.py`
"""

import dataclasses
import email.utils
import json
import re
import socket
import threading
import time
from http import HTTPStatus

from werkzeug.exceptions import InternalServerError

import wire
from controls import CONTROLS
from world import ACCOUNT_KEY

DOOR = re.compile(r"^/rig/(\d{12})/([a-z-]+)$")


@dataclasses.dataclass
class Fault:
    """What happens to requests that match, `count` times (`None`: until taken away) after the first `skip` of them."""

    operation: str = "*"
    service: str = "*"
    region: str = "*"
    # Parts of parameter values by parameter name.
    where: dict = dataclasses.field(default_factory=dict)
    # `denied`, `throttled`, `expired` (each service's own words), `error` (code, status, message),
    # `drop` (the connection ends without an answer), or `None` (latency only).
    kind: str | None = None
    code: str = "InternalError"
    status: int = 500
    message: str = "An internal error has occurred"
    latency_ms: int = 0
    # The request reaches moto all the same.
    apply: bool = False
    count: int | None = 1
    skip: int = 0

    def __post_init__(self):
        self.gone = threading.Event()

    def takes(self, call):
        """Whether this request is met. Counts it."""
        met = (
            self.operation in ("*", call.operation)
            and self.service in ("*", call.service)
            and self.region in ("*", call.region)
            and all(part in str(call.params.get(name, "")) for name, part in self.where.items())
        )
        if not met or self.count == 0:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.count is not None:
            self.count -= 1
        return True


class Front:
    """The WSGI application around moto's."""

    def __init__(self, moto, worlds, plain):
        self.moto = moto
        self.worlds = worlds
        self.plain = plain
        self.started = time.monotonic()

    def __call__(self, environ, start_response):
        path = environ.get("PATH_INFO", "")
        if path == "/rig" or path.startswith("/rig/"):
            return self._door(path, environ, start_response)
        if path.startswith("/moto-api"):
            return self.moto(environ, start_response)
        call = wire.read_call(environ)
        world = self.worlds.of(self._account(call))
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = world.account
        return self._answer(world, call, environ, start_response)

    @staticmethod
    def _account(call):
        if own := ACCOUNT_KEY.match(call.key):
            return own.group(1)
        from moto.iam.models import get_account_id_from

        return get_account_id_from(call.key)

    def _answer(self, world, call, environ, start_response):
        with world.lock:
            world.in_flight += 1
            fault = next((fault for fault in world.faults if fault.takes(call)), None)
            entry = {
                "n": len(world.log) + 1,
                "service": call.service,
                "operation": call.operation,
                "mutating": call.mutating,
                "dry_run": call.dry_run,
                "region": call.region,
                "params": call.params,
                "in_flight": world.in_flight,
                "at_ms": round((time.monotonic() - self.started) * 1000),
                "fault": fault and (fault.kind or "slow"),
                "status": None,
            }
            world.log.append(entry)
        try:
            if fault and fault.latency_ms:
                fault.gone.wait(fault.latency_ms / 1000)
            if fault and fault.kind and not fault.apply:
                status, headers, body = self._fault(fault, call, world, environ)
            else:
                with world.turn:
                    status, headers, body = self._moto(environ, entry)
                if fault and fault.kind:
                    status, headers, body = self._fault(fault, call, world, environ)
            entry["status"] = int(status.split()[0])
            told = email.utils.format_datetime(world.server_time(), usegmt=True)
            headers = [header for header in headers if header[0].lower() != "date"] + [("Date", told)]
        finally:
            with world.lock:
                world.in_flight -= 1
        start_response(status, headers)
        return [body]

    def _moto(self, environ, entry):
        answer = {}

        def start(status, headers, exc_info=None):
            answer.update(status=status, headers=headers)

        try:
            body = b"".join(self.moto(environ, start))
        except Exception as why:  # An operation that moto lacks: its server answers with a page of HTML.
            entry["crash"] = f"{type(why).__name__}: {why}"
            page = InternalServerError()
            return "500 INTERNAL SERVER ERROR", page.get_headers(), page.get_body().encode()
        return answer["status"], answer["headers"], body

    @staticmethod
    def _fault(fault, call, world, environ):
        if fault.kind == "drop":
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError("dropped on purpose")
        if fault.kind == "error":
            status, code, message = fault.status, fault.code, fault.message
        else:
            status, code, message = wire.refusal(fault.kind, call, world.account)
        status, content_type, body = wire.error(call, status, code, message)
        body = body.encode()
        headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
        return f"{status} {HTTPStatus(status).phrase}", headers, body

    def _door(self, path, environ, start_response):
        try:
            told = json.loads(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)) or b"{}")
            status, answer = "200 OK", self._tell(path, environ["REQUEST_METHOD"], told)
        except Exception as why:  # A test shall read why, whatever it was.
            status, answer = "400 Bad Request", {"error": f"{type(why).__name__}: {why}"}
        body = json.dumps(answer, default=str).encode()
        start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    def _tell(self, path, method, told):
        if path == "/rig":
            return {"plain": self.plain}
        door = DOOR.match(path)
        if not door:
            raise ValueError(f"no such door: {path}")
        account, word = door.groups()
        world = self.worlds.of(account)
        if word == "log":
            with world.lock:
                if method == "GET":
                    return list(world.log)
                world.log.clear()
                return {}
        if word == "faults":
            with world.lock:
                if method == "DELETE":
                    for fault in world.faults:
                        fault.gone.set()
                    world.faults.clear()
                else:
                    world.faults.append(Fault(**told))
                return {}
        if word not in CONTROLS:
            raise ValueError(f"no such door: {path}; there are log, faults, {', '.join(CONTROLS)}")
        with world.turn:
            return CONTROLS[word](self, world, told)
