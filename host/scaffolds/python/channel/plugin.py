"""Sends a text over HTTP, and reads receipts. The host makes the requests: the plugin says which, and what came of it."""

import json
import re

from componentize_py_types import Err
from wit_world.exports.channel import (
    Acceptance, AddressKind, Billing, ChannelAbility, Completion, Completion_Failed, Completion_Probed, Completion_Sent,
    Details, Outcome_Accepted, Outcome_Rejected, Outcome_Uncertain, Pending, Receipt, ReceiptKind, Rejection,
    RejectionClass, RejectionClass_Auth, RejectionClass_BadRequest, RejectionClass_Transient, Repeat, Step, Step_Call,
    Step_Done, Task, Task_Probe, Task_Send, TaskKind,
)
from wit_world.imports import connection, secrets
from wit_world.imports.secrets import Algorithm
from wit_world.imports.transport import (
    Action_Http, Effect, Failure_NotSent, Header, HttpRequest, Request, Response, Response_Failed, Response_Http,
    Verification, Verification_Authentic, Verification_Refused, Webhook,
)
from wit_world.imports.types import Descriptor, Fault, FaultKind, HostNeed, Instances, SecretNeed

CONFIG = {
    "type": "object",
    "additionalProperties": False,
    "required": ["endpoint"],
    "properties": {"endpoint": {"title": "Address of the provider", "type": "string", "pattern": "^https?://[^/?#@\\s]+$"}},
}
CONTENT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["text"],
    "properties": {"text": {"title": "Text", "type": "string", "minLength": 1}},
}


class Channel:
    def describe(self) -> Descriptor:
        return Descriptor(
            title="{{title}}",
            summary="Text messages over HTTP.",
            config_schema=json.dumps(CONFIG),
            facts=[],
            hosts=[HostNeed("{config:/endpoint}", ["GET", "POST"], "/", None, "The provider is there.")],
            secrets=[SecretNeed("token", "Token", "The provider knows us by it, and signs its webhooks with it.")],
            translations="{}",
            instances=Instances.PER_BATCH,
        )

    def ability(self) -> ChannelAbility:
        return ChannelAbility(
            channel="{{name}}",
            tasks=[TaskKind.SEND, TaskKind.PROBE],
            addresses=[AddressKind.PHONE],
            content_schema=json.dumps(CONTENT),
            sends=Repeat.NOT_IDEMPOTENT,
            receipts=[ReceiptKind.DELIVERED, ReceiptKind.READ],
            billed=Billing.NEVER,
            refreshes=[],
        )

    def check_config(self, config: str) -> None:
        read(config)

    def begin(self, task: Task) -> Step:
        endpoint = read(connection.config())
        match task:
            case Task_Send(message):
                body = {"id": message.id, "to": message.to.value, "text": json.loads(message.content)["text"]}
                return ask("send", "POST", f"{endpoint}/messages", json.dumps(body).encode())
            case Task_Probe():
                return ask("probe", "GET", f"{endpoint}/account")
        raise Err(Fault(FaultKind.NOT_SUPPORTED, "this channel sends and answers a probe, nothing else"))

    def resume(self, state: bytes, responses: list[Response]) -> Step:
        """The state says which task is answered."""
        return Step_Done(probed(responses[0]) if state == b"probe" else sent(responses[0]))

    def verify(self, webhook: Webhook) -> Verification:
        """`x-signature`: the HMAC-SHA256 of the body with the token, in hex."""
        given = next((header.value for header in webhook.headers if header.name == "x-signature"), "")
        signature = bytes.fromhex(given) if re.fullmatch("[0-9a-f]{64}", given) else b""
        if secrets.verify("token", Algorithm.HMAC_SHA256, webhook.body, signature):
            return Verification_Authentic()
        return Verification_Refused("x-signature does not fit the token")

    def receive(self, webhook: Webhook) -> list[Receipt]:
        kinds = {"delivered": ReceiptKind.DELIVERED, "read": ReceiptKind.READ}
        match document(webhook.body):
            case {"id": str(id), "state": str(state), "message": str(message), "at": int(at)} if state in kinds and 0 <= at < 2**53:
                return [Receipt(id, kinds[state], at, None, message, None, None, None, None)]
        return []


def ask(task: str, method: str, url: str, body: bytes = b"") -> Step:
    # The host puts the token in its place, on the way to the granted host only.
    headers = [Header("authorization", "Bearer {secret:token}"), Header("content-type", "application/json")]
    effect = Effect.SEND if task == "send" else Effect.NONE
    request = Request(effect, Action_Http(HttpRequest(method, url, headers, body)), captures=[])
    return Step_Call(Pending([request], state=task.encode()))


def sent(response: Response) -> Completion:
    match response:
        case Response_Http(http) if 200 <= http.status < 300 and "id" in document(http.body):
            return Completion_Sent(Outcome_Accepted(Acceptance(str(document(http.body)["id"]), price=None)))
        case Response_Http(http) if 400 <= http.status < 500:
            return Completion_Sent(Outcome_Rejected(rejection(RejectionClass_BadRequest(), response)))
        case Response_Failed(Failure_NotSent()):
            return Completion_Sent(Outcome_Rejected(rejection(RejectionClass_Transient(), response)))
    # Nobody knows whether the provider has it: never send again by guessing.
    return Completion_Sent(Outcome_Uncertain(Details(None, "the provider said neither yes nor no")))


def probed(response: Response) -> Completion:
    match response:
        case Response_Http(http) if http.status == 200:
            return Completion_Probed(str(document(http.body).get("name")))
    return Completion_Failed(rejection(RejectionClass_Auth(), response))


def rejection(rejected_as: RejectionClass, response: Response) -> Rejection:
    match response:
        case Response_Http(http):
            words = document(http.body).get("error", "the provider did not say why")
            return Rejection(rejected_as, Details(str(http.status), str(words)))
    return Rejection(rejected_as, Details(None, "the provider was not reached"))


def read(text: str) -> str:
    """The address, or a fault that names the field."""
    match document(text):
        case {"endpoint": str(endpoint)} if re.fullmatch(r"https?://[^/?#@\s]+", endpoint):
            return endpoint
    raise Err(Fault(FaultKind.BAD_CONFIG, "endpoint must be an address like https://api.example.com"))


def document(text: str | bytes) -> dict:
    """An object from JSON; an empty one from anything else."""
    try:
        text = text.decode() if isinstance(text, bytes) else text
        value = json.loads(text) if is_shallow(text) else {}
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def is_shallow(text: str) -> bool:
    """Whether it is nested as answers are: the parser would end the call on what is nested a thousand times."""
    depth = 0
    for bracket in re.finditer(r"[][{}]", text):
        depth += 1 if bracket[0] in "[{" else -1
        if depth > 100:
            return False
    return True
