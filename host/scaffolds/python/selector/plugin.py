"""The content that is labelled with the customer's language, the first one else; with a headline in that language."""

import json

from wit_world.exports.selector import Choice, Variable
from wit_world.imports import candidates, customer, words
from wit_world.imports.types import Descriptor, FactNeed, Instances

WORDS = {
    "": {"headline": "You left something behind"},
    "de": {"headline": "Sie haben etwas vergessen"},
}


class Selector:
    def describe(self) -> Descriptor:
        return Descriptor(
            title="{{title}}",
            summary="The content in the language of the customer.",
            config_schema=json.dumps({"type": "object", "additionalProperties": False}),
            facts=[FactNeed("customer.language", None, "To choose the content.")],
            hosts=[],
            secrets=[],
            translations=json.dumps(WORDS),
            instances=Instances.PER_BATCH,
        )

    def check_config(self, config: str) -> None:
        """The schema says all there is to say."""

    def select(self) -> Choice:
        language = customer.language() or ""
        labelled = (place for place in range(candidates.count()) if candidates.has_label(place, language))
        headline = Variable("headline", words.translate("headline", language) or "")
        return Choice(candidate=next(labelled, 0), variables=[headline], reason=None)
