"""Reads a request as far as the log and the faults need it, and writes errors in the shape each service uses."""

import dataclasses
import io
import json
import re
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

# Everything not named here changes something, the unknown too.
READS = re.compile(r"^(BatchGet|Describe|Filter|Get|List|Lookup|Search|Select)[A-Z]")
OTHER_READS = {"logs:StartLiveTail", "logs:StartQuery", "logs:StopQuery"}
# Credentials are taken, nothing of the fleet is changed.
CREDENTIALS = re.compile(r"^sts:(AssumeRole|Get)")

SIGNED_FOR = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/")
CBOR_PATH = re.compile(r"^/service/[^/]+/operation/(\w+)$")

# Answers of the query services carry the namespace of their API version.
QUERY_NAMESPACES = {
    "autoscaling": "http://autoscaling.amazonaws.com/doc/2011-01-01/",
    "elasticloadbalancing": "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}


@dataclasses.dataclass
class Call:
    """One request. `service` is the name it is signed for, which is also the prefix of the IAM action."""

    service: str
    operation: str
    region: str
    key: str
    params: dict

    @property
    def mutating(self):
        action = f"{self.service}:{self.operation}"
        if action == "ec2:GetConsoleScreenshot":
            # It acts like a keystroke.
            return str(self.params.get("WakeUp")).lower() == "true"
        return not (READS.match(self.operation) or action in OTHER_READS or CREDENTIALS.match(action))

    @property
    def dry_run(self):
        return str(self.params.get("DryRun")).lower() == "true"


def read_call(environ):
    """Reads the request and leaves its body in place for whoever comes next."""
    body = _body(environ)
    signed = SIGNED_FOR.search(environ.get("HTTP_AUTHORIZATION", ""))
    key, region, service = signed.groups() if signed else ("", "", "")
    path = environ.get("PATH_INFO", "/")
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        operation, params = target.split(".")[-1], _json(body)
    elif cbor := CBOR_PATH.match(path):
        operation, params = cbor.group(1), {}
    else:
        form = body if body else environ.get("QUERY_STRING", "").encode()
        params = dict(parse_qsl(form.decode("utf-8", "replace"), keep_blank_values=True))
        params.pop("Version", None)
        operation = params.pop("Action", None) or f"{environ['REQUEST_METHOD']} {path}"
    return Call(service, operation, region, key, params)


def _body(environ):
    stream = environ["wsgi.input"]
    body = (
        stream.read() if environ.get("wsgi.input_terminated") else stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    )
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    return body


def _json(body):
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def error(call, status, code, message):
    """Status, content type and body of an error as `call`'s service writes it."""
    if call.service == "ec2":
        body = (
            '<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error>'
            f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
            "</Error></Errors><RequestID>rig</RequestID></Response>"
        )
        return status, "text/xml;charset=UTF-8", body
    if call.service in QUERY_NAMESPACES:
        side = "Sender" if status < 500 else "Receiver"
        body = (
            f'<ErrorResponse xmlns="{QUERY_NAMESPACES[call.service]}"><Error><Type>{side}</Type>'
            f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
            "</Error><RequestId>rig</RequestId></ErrorResponse>"
        )
        return status, "text/xml", body
    return status, "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message})


def refusal(kind, call, account):
    """Status, code and message of the refusals that differ by service: denied, throttled, expired."""
    xml = call.service in QUERY_NAMESPACES
    if kind == "denied":
        code = "UnauthorizedOperation" if call.service == "ec2" else "AccessDenied" if xml else "AccessDeniedException"
        who = f"arn:aws:sts::{account}:assumed-role/rig/test"
        action = f"{call.service}:{call.operation}"
        why = f"because no identity-based policy allows the {action} action"
        denied = f"User: {who} is not authorized to perform: {action} {why}"
        if call.service == "ec2":
            denied = f"You are not authorized to perform this operation. {denied}"
        return (403 if call.service == "ec2" or xml else 400), code, denied
    if kind == "throttled":
        if call.service == "ec2":
            return 503, "RequestLimitExceeded", "Request limit exceeded."
        return 400, "Throttling" if xml else "ThrottlingException", "Rate exceeded"
    if kind == "expired":
        if call.service == "ec2":
            return 400, "RequestExpired", "Request has expired."
        return (
            403 if xml else 400,
            "ExpiredToken" if xml else "ExpiredTokenException",
            "The security token included in the request is expired",
        )
    raise ValueError(f"unknown kind of fault: {kind}")
