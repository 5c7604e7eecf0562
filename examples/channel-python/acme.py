"""A channel over Acme Messages, an invented provider: README.md describes its API.

Every task of the contract is here. `answers` reads what Acme answers, `receipts` reads its webhooks.
"""

import json
import re
from urllib.parse import parse_qs, quote, urlsplit

import answers
import receipts
from componentize_py_types import Err
from wit_world.exports.channel import (
    AddressKind, Billing, ChannelAbility, Completion_Priced, Pending, ReceiptKind, Receipt, Repeat, Step, Step_Call,
    Step_Done, Task, Task_CreateTemplate, Task_ListTemplates, Task_Lookup, Task_Price, Task_Probe, Task_Refresh,
    Task_Send, TaskKind,
)
from wit_world.imports import connection, secrets
from wit_world.imports.secrets import Algorithm
from wit_world.imports.transport import (
    Action_Http, Capture, Effect, Header, HttpRequest, Reply, Request, Response, Verification, Verification_Authentic,
    Verification_Handshake, Verification_Refused, Webhook,
)
from wit_world.imports.types import Descriptor, Fault, FaultKind, HostNeed, Instances, SecretNeed

CONFIG = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Acme Messages",
    "type": "object",
    "additionalProperties": False,
    "required": ["sender", "client_id"],
    "properties": {
        "sender": {"title": "Sender", "type": "string", "pattern": "^[A-Za-z0-9]{1,11}$"},
        "client_id": {"title": "Client id", "type": "string", "minLength": 1, "maxLength": 100},
        "endpoint": {
            "title": "Endpoint",
            "description": "Only for tests and proxies.",
            "type": "string",
            "pattern": "^https?://[^/?#@\\s]+$",
            "default": "https://api.acme-messages.example",
        },
    },
}
CONTENT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Text message",
    "type": "object",
    "additionalProperties": False,
    "required": ["text"],
    "properties": {"text": {"title": "Text", "type": "string", "minLength": 1, "maxLength": 1000}},
}


class Channel:
    def describe(self) -> Descriptor:
        methods = ["GET", "POST"]
        return Descriptor(
            title="Acme Messages",
            summary="Text messages over Acme, an invented provider, with receipts, replies and prices.",
            config_schema=json.dumps(CONFIG),
            facts=[],
            hosts=[
                HostNeed("api.acme-messages.example", methods, "/", None, "Messages are sent there."),
                HostNeed("{config:/endpoint}", methods, "/", None, "Where another endpoint is configured."),
            ],
            secrets=[
                SecretNeed("client_secret", "Client secret", "Access tokens are asked for with it."),
                SecretNeed("access_token", "Access token", "Acme gives it; it is renewed by itself."),
                SecretNeed("webhook_secret", "Webhook secret", "Acme signs its webhooks with it."),
            ],
            translations="{}",
            instances=Instances.PER_BATCH,
        )

    def ability(self) -> ChannelAbility:
        return ChannelAbility(
            channel="acme",
            tasks=list(TaskKind),
            addresses=[AddressKind.PHONE],
            content_schema=json.dumps(CONTENT),
            sends=Repeat.NOT_IDEMPOTENT,
            receipts=[kind for kind in ReceiptKind if kind is not ReceiptKind.ACCEPTED],
            billed=Billing.DELIVERED,
            refreshes=["access_token"],
        )

    def check_config(self, config: str) -> None:
        read(config)

    def begin(self, task: Task) -> Step:
        config = read(connection.config())
        match task:
            case Task_Send(message):
                content = json.loads(message.content)
                body = {"from": config["sender"], "to": message.to.value, "text": content["text"], "reference": message.id}
                return ask(config, "send", "POST", "/v1/messages", body, effect=Effect.SEND)
            case Task_Lookup(message):
                return ask(config, "lookup", "GET", f"/v1/messages?reference={quote(message.id, safe='')}")
            case Task_Price(provider_id):
                return ask(config, "price", "GET", f"/v1/messages/{quote(provider_id, safe='')}")
            case Task_Probe():
                return ask(config, "probe", "GET", "/v1/account")
            case Task_ListTemplates():
                return ask(config, "templates", "GET", "/v1/templates")
            case Task_CreateTemplate(template):
                text = json.loads(template.content)["text"]
                body = {"name": template.name, "language": template.locale, "text": text}
                return ask(config, "create", "POST", "/v1/templates", body)
            case Task_Refresh(secret):
                return refresh(config, secret)

    def resume(self, state: bytes, responses: list[Response]) -> Step:
        """The state says which task this is, and holds the pages before."""
        state = json.loads(state)
        answer = answers.Answer(responses[0], connection.now())
        match state["task"]:
            case "send":
                return Step_Done(answers.sent(answer))
            case "lookup":
                return Step_Done(answers.looked_up(answer))
            case "templates" if answer.is_success and answer.next_page():
                # A further page: what the pages so far said travels in the state.
                before = state.get("before", []) + answer.body["templates"]
                path = f"/v1/templates?after={quote(answer.next_page(), safe='')}"
                return ask(read(connection.config()), "templates", "GET", path, before=before)
            case "templates":
                return Step_Done(answers.templates(answer, state.get("before", [])))
            case "price":
                return Step_Done(answers.other(answer, lambda body: Completion_Priced(answers.price(body))))
            case task:
                return Step_Done(answers.other(answer, getattr(answers, task)))

    def verify(self, webhook: Webhook) -> Verification:
        """`Acme-Signature: t=SECONDS,v1=HEX`, where HEX is HMAC-SHA256 of `SECONDS.BODY`."""
        if webhook.method == "GET":
            return handshake(webhook)
        signature = next((header.value for header in webhook.headers if header.name == "acme-signature"), "")
        parts = re.fullmatch(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", signature)
        if parts is None:
            return Verification_Refused("Acme-Signature is missing or is not t=SECONDS,v1=HEX")
        seconds, digest = parts.groups()
        signed = seconds.encode() + b"." + webhook.body
        if not secrets.verify("webhook_secret", Algorithm.HMAC_SHA256, signed, bytes.fromhex(digest)):
            return Verification_Refused("Acme-Signature does not fit the webhook secret")
        if abs(connection.now() - int(seconds) * 1000) > 5 * 60_000:
            return Verification_Refused("Acme-Signature is more than five minutes old: somebody may be repeating it")
        return Verification_Authentic()

    def receive(self, webhook: Webhook) -> list[Receipt]:
        return receipts.read(webhook.body)


def ask(config: dict, task: str, method: str, path: str, body=None, effect=Effect.NONE, **state) -> Step:
    headers = [Header("authorization", "Bearer {secret:access_token}")]
    if body is not None:
        headers.append(Header("content-type", "application/json"))
    sent = b"" if body is None else json.dumps(body).encode()
    request = HttpRequest(method, config["endpoint"] + path, headers, sent)
    return Step_Call(Pending([Request(effect, Action_Http(request), captures=[])], remembered(task, **state)))


def refresh(config: dict, secret: str) -> Step:
    """The new token is captured: the host stores it before it hands the answer on, so it never comes by here."""
    if secret != "access_token":
        raise Err(Fault(FaultKind.NOT_SUPPORTED, f"only access_token can be renewed, not {secret}"))
    body = f"grant_type=client_credentials&client_id={quote(config['client_id'], safe='')}&client_secret={{secret:client_secret:form}}"
    headers = [Header("content-type", "application/x-www-form-urlencoded")]
    request = HttpRequest("POST", config["endpoint"] + "/oauth/token", headers, body.encode())
    captures = [Capture("/access_token", "access_token", "/expires_in")]
    return Step_Call(Pending([Request(Effect.NONE, Action_Http(request), captures)], remembered("refreshed")))


def remembered(task: str, **more) -> bytes:
    return json.dumps({"task": task, **more}).encode()


def handshake(webhook: Webhook) -> Verification:
    """When an address is entered at Acme, it asks whether we know the secret, and wants its challenge back."""
    query = parse_qs(urlsplit(webhook.path).query)
    token, challenge = (query.get(name, [""])[0] for name in ("token", "challenge"))
    if challenge and secrets.equals("webhook_secret", token):
        return Verification_Handshake(Reply(200, "text/plain", challenge.encode()))
    return Verification_Refused("the token of the handshake is not the webhook secret of this connection")


def read(text: str) -> dict:
    """The configuration, or a fault that names the field."""
    try:
        # The parser would end the call on what is nested a thousand times.
        if text.count("[") + text.count("{") > 100:
            raise ValueError("it is nested too deeply")
        config = json.loads(text)
    except ValueError as error:
        raise bad_config(f"the configuration is no JSON: {error}")
    if not isinstance(config, dict):
        raise bad_config("the configuration must be an object with sender and client_id")
    config = {"endpoint": CONFIG["properties"]["endpoint"]["default"]} | config
    for field in config.keys() - CONFIG["properties"].keys():
        raise bad_config(f"{field} is unknown; there are sender, client_id and endpoint")
    for field in CONFIG["properties"]:
        if not isinstance(config.get(field), str) or config[field] == "":
            raise bad_config(f"{field} must be a text that is not empty")
    if not re.fullmatch("[A-Za-z0-9]{1,11}", config["sender"]):
        raise bad_config("sender must be at most 11 letters and digits")
    if not re.fullmatch(r"https?://[^/?#@\s]+", config["endpoint"]):
        raise bad_config("endpoint must be an address like https://api.acme-messages.example")
    return config


def bad_config(message: str) -> Err:
    """A fault is raised inside `Err`; any other exception ends the call instead."""
    return Err(Fault(FaultKind.BAD_CONFIG, message))
