"""Yes for customers with enough orders, and for those whom the shop tagged."""

import json

from componentize_py_types import Err
from wit_world.exports.condition import Verdict
from wit_world.imports import customer, decision, orders
from wit_world.imports.types import Descriptor, FactNeed, Fault, FaultKind, Instances

# What a strategy may configure; the console makes its form from it.
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Loyal customer",
    "type": "object",
    "additionalProperties": False,
    "required": ["min_orders"],
    "properties": {
        "min_orders": {"title": "At least this many orders", "type": "integer", "minimum": 1, "maximum": 1000000},
        "tag": {"title": "Or this tag", "type": "string", "minLength": 1, "maxLength": 100},
    },
}


class Condition:
    def describe(self) -> Descriptor:
        return Descriptor(
            title="Loyal customer",
            summary="Yes for customers with enough orders, and for those with a tag.",
            config_schema=json.dumps(SCHEMA),
            facts=[
                FactNeed("orders.count", None, "To compare it with the least number of orders."),
                FactNeed("customer.has-tag", None, "To see whether the shop tagged the customer."),
            ],
            hosts=[],
            secrets=[],
            translations="{}",
            instances=Instances.PER_BATCH,
        )

    def branches(self) -> list[str]:
        """None of its own: `yes` and `no`."""
        return []

    def check_config(self, config: str) -> None:
        read(config)

    def evaluate(self) -> Verdict:
        min_orders, tag = read(decision.config())
        # Only what is read is loaded, shown in the trace, and asked to be granted: ask for the cheap fact first.
        is_loyal = orders.count() >= min_orders or (tag is not None and customer.has_tag(tag))
        return Verdict("yes" if is_loyal else "no", reason=None)


def read(text: str) -> tuple[int, str | None]:
    """The configuration, or a fault that names the field."""
    try:
        # The parser would end the call on what is nested a thousand times.
        if text.count("[") + text.count("{") > 100:
            raise ValueError("it is nested too deeply")
        config = json.loads(text)
    except ValueError as error:
        raise bad_config(f"the configuration is no JSON: {error}")
    if not isinstance(config, dict):
        raise bad_config("the configuration must be an object with min_orders")
    for field in config.keys() - SCHEMA["properties"].keys():
        raise bad_config(f"{field} is unknown; there are min_orders and tag")
    min_orders, tag = config.get("min_orders"), config.get("tag")
    if type(min_orders) is not int or min_orders < 1:
        raise bad_config("min_orders must be a whole number of at least 1")
    if "tag" in config and (not isinstance(tag, str) or tag == ""):
        raise bad_config("tag must be a text that is not empty")
    return min_orders, tag


def bad_config(message: str) -> Err:
    """A fault is raised inside `Err`; any other exception ends the call instead."""
    return Err(Fault(FaultKind.BAD_CONFIG, message))
