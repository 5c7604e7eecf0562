"""What an answer of Acme means."""

import json
import re

from wit_world.exports.channel import (
    Acceptance, Completion, Completion_Created, Completion_Failed, Completion_Probed, Completion_Refreshed,
    Completion_Sent, Completion_Templates, Details, Outcome_Accepted, Outcome_Rejected, Outcome_Uncertain, Price,
    Rejection, RejectionClass_Auth, RejectionClass_BadRequest, RejectionClass_Billing,
    RejectionClass_ContentPolicy, RejectionClass_InvalidRecipient, RejectionClass_NotOnChannel, RejectionClass_OptOut,
    RejectionClass_RateLimited, RejectionClass_SenderPolicy, RejectionClass_TooLarge, RejectionClass_Transient,
    RejectionClass_Unknown, Template, TemplateState,
)
from wit_world.imports.transport import Failure_NotSent, Failure_Refused, Response, Response_Failed, Response_Http

# The codes that Acme documents. One that is not here is `unknown`: nobody guesses.
CLASSES = {
    "bad_number": RejectionClass_InvalidRecipient,
    "no_such_subscriber": RejectionClass_NotOnChannel,
    "stopped": RejectionClass_OptOut,
    "forbidden_words": RejectionClass_ContentPolicy,
    "sender_not_registered": RejectionClass_SenderPolicy,
    "bad_token": RejectionClass_Auth,
    "no_credit": RejectionClass_Billing,
    "too_long": RejectionClass_TooLarge,
    "bad_field": RejectionClass_BadRequest,
    "try_again": RejectionClass_Transient,
}
STATES = {
    "in_review": TemplateState.PENDING,
    "approved": TemplateState.APPROVED,
    "rejected": TemplateState.REJECTED,
    "paused": TemplateState.PAUSED,
}


class Answer:
    """The status and body of an answer, or the reason why there is none."""

    def __init__(self, response: Response, now: int):
        self.status, self.body, self.failure, self.retry_at = 0, {}, None, None
        match response:
            case Response_Http(http):
                self.status = http.status
                self.body = document(http.body)
                seconds = next((h.value for h in http.headers if h.name.lower() == "retry-after"), "")
                self.retry_at = now + int(seconds) * 1000 if seconds.isdecimal() and len(seconds) < 10 else None
            case Response_Failed(failure):
                self.failure = failure

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def next_page(self) -> str | None:
        """Where a list goes on; none after its last page."""
        match self.body:
            case {"next": str(page), "templates": list()}:
                return page
        return None

    def rejection(self) -> Rejection | None:
        """Why Acme refused; none where it did not say so."""
        match self.failure:
            case Failure_NotSent(why):
                return Rejection(RejectionClass_Transient(), Details(None, why))
            case Failure_Refused(why):
                return Rejection(RejectionClass_BadRequest(), Details(None, why))
        if self.status == 429:
            return Rejection(RejectionClass_RateLimited(self.retry_at), Details("429", "too many requests"))
        error = self.body.get("error")
        return rejection(error) if isinstance(error, dict) and not self.is_success else None

    def doubt(self) -> Details:
        """What is said of an answer that says neither yes nor no."""
        return Details(None, str(self.failure.value) if self.failure else f"HTTP {self.status} that Acme does not document")


def sent(answer: Answer) -> Completion:
    rejected = answer.rejection()
    if rejected:
        return Completion_Sent(Outcome_Rejected(rejected))
    if answer.is_success and isinstance(answer.body.get("id"), str):
        return Completion_Sent(Outcome_Accepted(Acceptance(answer.body["id"], price(answer.body))))
    return Completion_Sent(Outcome_Uncertain(answer.doubt()))


def looked_up(answer: Answer) -> Completion:
    """An empty list says that Acme never had the message: it may be sent again. No answer leaves it uncertain."""
    found = answer.body.get("messages")
    if not answer.is_success or not isinstance(found, list):
        return Completion_Sent(Outcome_Uncertain(answer.doubt()))
    if not found:
        never = Details("not_found", "Acme does not have this message")
        return Completion_Sent(Outcome_Rejected(Rejection(RejectionClass_Transient(), never)))
    answer.body = found[0] if isinstance(found[0], dict) else {}
    return sent(answer)


def other(answer: Answer, read) -> Completion:
    """Of the tasks that send nothing: what `read` makes of the body, or the refusal."""
    if answer.is_success:
        try:
            return read(answer.body)
        except (KeyError, TypeError, AttributeError) as error:
            odd = Details(None, f"HTTP {answer.status} with a body that Acme does not document: {error!r}")
            return Completion_Failed(Rejection(RejectionClass_Unknown(), odd))
    return Completion_Failed(answer.rejection() or Rejection(RejectionClass_Transient(), answer.doubt()))


def templates(answer: Answer, before: list) -> Completion:
    return other(answer, lambda body: Completion_Templates([template(each) for each in before + body["templates"]]))


def probe(body: dict) -> Completion:
    return Completion_Probed(str(body.get("name", "an account without a name")))


def create(body: dict) -> Completion:
    return Completion_Created(template(body))


def refreshed(_: dict) -> Completion:
    return Completion_Refreshed()


def template(body: dict) -> Template:
    content = json.dumps({"text": str(body["text"])})
    words = str(body["note"]) if body.get("note") else None
    return Template(str(body["name"]), str(body["language"]), content, STATES[body["status"]], words)


def price(body: dict) -> Price | None:
    """`{"price": {"millionths": 42000, "currency": "EUR"}}`; none where Acme does not know it yet."""
    match body.get("price"):
        case {"millionths": int(millionths), "currency": str(currency)}:
            return Price(millionths, currency)
    return None


def rejection(error: dict) -> Rejection:
    code = str(error.get("code", ""))
    rejected_as = CLASSES.get(code, RejectionClass_Unknown)()
    return Rejection(rejected_as, Details(code or None, str(error.get("message", ""))))


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
