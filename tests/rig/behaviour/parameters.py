"""Parameters of Systems Manager: the limits of the standard tier, and a server whose clock a test moves.

A parameter was last modified at the world's virtual time, and an answer's `Date` is that time too (`front.py`), so
advancing the clock ages what was written before.
"""

import threading

from moto.core.exceptions import JsonRESTError
from moto.ssm.models import SimpleSystemManagerBackend

MOST_BYTES = 4096


def install(worlds):
    put_parameter = SimpleSystemManagerBackend.put_parameter
    one_at_a_time = threading.Lock()

    def put(self, name, description, value, *args, **kwargs):
        if kwargs.get("tier") == "Standard" and len(value.encode()) > MOST_BYTES:
            raise JsonRESTError(
                "ValidationException",
                f"Standard tier parameters support a maximum parameter value of {MOST_BYTES} characters.",
            )
        if "{{" in value:
            raise JsonRESTError("ValidationException", "Parameter value can't nest another parameter.")
        with one_at_a_time:
            parameter = put_parameter(self, name, description, value, *args, **kwargs)
            parameter.last_modified_date = worlds.of(self.account_id).server_time().replace(tzinfo=None)
        return parameter

    SimpleSystemManagerBackend.put_parameter = put
