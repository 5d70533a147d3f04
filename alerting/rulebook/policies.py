"""policies.yaml: who is called, how often and how loud, until somebody answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from alerting.people.policy import REST, Minutes, Policies, Policy, out_of_place
from alerting.rulebook.yamltext import Document


class PoliciesText(BaseModel):
    """policies.yaml: `policies: {name: {for, wait, steps, then-every}}`."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    in_force_minutes: Minutes = Field(60, alias="in-force-minutes")
    policies: dict[str, dict[str, Any]] = Field(min_length=1)


def read_policies(path: Path, raw: bytes | None, problems: list[str]) -> Policies:
    """What the file's content says, the shipped policies where there is no such file; what is wrong is
    added to `problems`."""
    if raw is None:
        return Policies()
    document = Document(path, raw)
    made = None if document.problems else _read(document)
    problems += document.problems
    return made or Policies()


def _read(document: Document) -> Policies | None:
    try:
        text = PoliciesText.model_validate(document.data or {})
    except ValidationError as error:
        document.problems_of(error)
        return None
    read: dict[str, Policy] = {}
    for name, body in text.policies.items():
        try:
            read[name] = Policy.model_validate(body)
        except ValidationError as error:
            document.problems_of(error, ("policies", name))
    if len(read) < len(text.policies):
        return None
    if wrong := out_of_place(read):
        mend = "Say what it is for, or move it to the end / 请写明 for，或移到最后。"
        document.problem(("policies", wrong), f"{wrong}: {REST}.", mend)
        return None
    return Policies(in_force_minutes=text.in_force_minutes, policies=read)
