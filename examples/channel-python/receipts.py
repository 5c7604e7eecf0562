"""Acme's webhooks: what became of messages, replies, and who wants no more."""

import answers
from componentize_py_types import Err
from wit_world.exports.channel import Address, AddressKind, Receipt, ReceiptKind
from wit_world.imports.types import Fault, FaultKind

KINDS = {
    "message.delivered": ReceiptKind.DELIVERED,
    "message.read": ReceiptKind.READ,
    "message.clicked": ReceiptKind.CLICKED,
    "message.failed": ReceiptKind.FAILED,
    "message.replied": ReceiptKind.REPLIED,
    "subscriber.stopped": ReceiptKind.OPTED_OUT,
}


def read(body: bytes) -> list[Receipt]:
    """The events that are known; each is read alone, so that one of a new kind hides no other."""
    try:
        events = answers.document(body)["events"]
        return [receipt(event) for event in events if event["type"] in KINDS]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Err(Fault(FaultKind.BAD_INPUT, f"the webhook is not as Acme documents it: {error!r}"))


def receipt(event: dict) -> Receipt:
    kind, sender = KINDS[event["type"]], text(event, "from")
    return Receipt(
        id=str(event["id"]),
        kind=kind,
        at=int(event["at"]),
        provider_id=text(event, "message"),
        message_id=text(event, "reference"),
        sender=Address(AddressKind.PHONE, sender) if sender else None,
        text=text(event, "text"),
        failure=answers.rejection(event.get("error", {})) if kind is ReceiptKind.FAILED else None,
        price=answers.price(event),
    )


def text(event: dict, field: str) -> str | None:
    value = event.get(field)
    return value if isinstance(value, str) else None
