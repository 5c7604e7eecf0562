"""Yes for customers with enough orders."""

import json

from componentize_py_types import Err
from wit_world.exports.condition import Verdict
from wit_world.imports import decision, orders
from wit_world.imports.types import Descriptor, FactNeed, Fault, FaultKind, Instances

# What a strategy may configure; the console makes its form from it.
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["min_orders"],
    "properties": {"min_orders": {"title": "At least this many orders", "type": "integer", "minimum": 1}},
}


class Condition:
    def describe(self) -> Descriptor:
        return Descriptor(
            title="{{title}}",
            summary="Yes for customers with enough orders.",
            config_schema=json.dumps(SCHEMA),
            facts=[FactNeed("orders.count", None, "To compare it with the least number of orders.")],
            hosts=[],
            secrets=[],
            translations="{}",
            instances=Instances.PER_BATCH,
        )

    def branches(self) -> list[str]:
        """Empty means `yes` and `no`."""
        return []

    def check_config(self, config: str) -> None:
        read(config)

    def evaluate(self) -> Verdict:
        min_orders = read(decision.config())
        return Verdict("yes" if orders.count() >= min_orders else "no", reason=None)


def read(text: str) -> int:
    """The least number of orders, or a fault that names the field."""
    try:
        # The parser would end the call on what is nested a thousand times.
        match json.loads(text if len(text) < 1000 else "{}"):
            case {"min_orders": int(min_orders)} if min_orders >= 1:
                return min_orders
    except ValueError:
        pass  # No JSON is as wrong as no number.
    raise Err(Fault(FaultKind.BAD_CONFIG, "min_orders must be a whole number of at least 1"))
