"""boto3 clients that reach moto within this process: no socket, no log, no fault. They play everybody else."""

import functools
import io
import threading
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

# Making a client parses the service's model, which takes longer than all its calls; they are kept for good.
_making = threading.Lock()
_calling = threading.local()


class _Raw(io.BytesIO):
    def stream(self, **_):
        yield self.read()


def _send(moto, request, **_):
    url = urlsplit(request.url)
    body = request.body or b""
    body = body if isinstance(body, bytes) else body.read() if hasattr(body, "read") else body.encode()
    environ = {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": url.path or "/",
        "RAW_URI": url.path or "/",
        "REQUEST_URI": url.path or "/",
        "QUERY_STRING": url.query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        value = value.decode() if isinstance(value, bytes) else value
        name = name.upper().replace("-", "_")
        environ[name if name == "CONTENT_TYPE" else f"HTTP_{name}"] = value
    environ["HTTP_X_MOTO_ACCOUNT_ID"] = _calling.account
    answer = {}

    def start(status, headers, exc_info=None):
        answer.update(status=int(status.split()[0]), headers=dict(headers))

    content = b"".join(moto(environ, start))
    return AWSResponse(request.url, answer["status"], answer["headers"], _Raw(content))


@functools.cache
def _client(moto, service, region):
    with _making:
        client = boto3.client(
            service,
            region_name=region,
            endpoint_url="http://127.0.0.1:80",
            aws_access_key_id="AKIARIGRIGRIGRIGRIGR",
            aws_secret_access_key="rig",
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )
    client.meta.events.register("before-send", functools.partial(_send, moto))
    return client


class Account:
    """The clients of one account: `Account(moto, "123456789012")("ec2", "us-east-1").describe_images()`."""

    def __init__(self, moto, account):
        self.moto = moto
        self.account = account

    def __call__(self, service, region):
        _calling.account = self.account
        return _client(self.moto, service, region)
