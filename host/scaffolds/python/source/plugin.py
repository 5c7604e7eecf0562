"""Reads the signed webhooks of a shop platform."""

import json
import re

from componentize_py_types import Err
from wit_world.exports.source import Ability, Event, Key, Parsed, Parsed_Events, Parsed_UnknownTopic, Step, Task
from wit_world.imports import secrets
from wit_world.imports.secrets import Algorithm
from wit_world.imports.transport import Response, Verification, Verification_Authentic, Verification_Refused, Webhook
from wit_world.imports.types import Descriptor, Fault, FaultKind, Instances, SecretNeed


class Source:
    def describe(self) -> Descriptor:
        return Descriptor(
            title="{{title}}",
            summary="Carts of a shop platform, from its webhooks.",
            config_schema=json.dumps({"type": "object", "additionalProperties": False}),
            facts=[],
            hosts=[],
            secrets=[SecretNeed("secret", "Signing secret", "The platform signs its webhooks with it.")],
            translations="{}",
            instances=Instances.PER_BATCH,
        )

    def tasks(self) -> list[Ability]:
        """It only listens. `poll`, `backfill`, `orders-of`, `subscribe` and `probe` are requests, as a channel makes them."""
        return []

    def check_config(self, config: str) -> None:
        """The schema says all there is to say."""

    def verify(self, webhook: Webhook) -> Verification:
        """`x-signature`: the HMAC-SHA256 of the body with the secret, in hex."""
        given = next((header.value for header in webhook.headers if header.name == "x-signature"), "")
        signature = bytes.fromhex(given) if re.fullmatch("[0-9a-f]{64}", given) else b""
        if secrets.verify("secret", Algorithm.HMAC_SHA256, webhook.body, signature):
            return Verification_Authentic()
        return Verification_Refused("x-signature does not fit the secret")

    def parse(self, webhook: Webhook) -> Parsed:
        match document(webhook.body):
            case {"topic": "cart", "id": str(id), "at": int(at), "cart": str(cart), "lines": list(lines)} as told if 0 <= at < 2**53:
                subject = [Key("cart", cart)]
                if isinstance(told.get("email"), str):
                    subject.append(Key("email", told["email"]))
                # The body of each type stands in wit/events.schema.json.
                body = {"lines": [{field: line.get(field) for field in ("title", "quantity", "sku")} for line in lines if isinstance(line, dict)]}
                return Parsed_Events([Event(id, "cart.updated", at, subject, json.dumps(body))])
            case {"topic": str(topic)} if topic != "cart":
                return Parsed_UnknownTopic(topic)
        raise Err(Fault(FaultKind.BAD_INPUT, "the webhook must have a topic; a cart has id, cart, lines and `at` in milliseconds"))

    def begin(self, task: Task) -> Step:
        raise Err(Fault(FaultKind.NOT_SUPPORTED, "this source only listens"))

    def resume(self, state: bytes, responses: list[Response]) -> Step:
        raise Err(Fault(FaultKind.NOT_SUPPORTED, "this source only listens"))


def document(body: bytes) -> dict:
    """An object from JSON; an empty one from anything else."""
    try:
        text = body.decode()
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
