"""JSON Schemas of the files of a rule folder, and of rosters.yaml, for editors that complete and mark
them.

They come from the models that read the files. What a schema cannot say (a condition's grammar and
units, whether a measure or a season is declared) is `suian check`'s to find.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, Field, create_model

from alerting.calendar.schema import calendar_schema
from alerting.people import Policies
from alerting.people.roster_file import RostersText
from alerting.rulebook.calling import Calling
from alerting.rulebook.districts import DistrictsText, NumberName, NumberText
from alerting.rulebook.measures import Measure
from alerting.rulebook.pack import MeasuresText, PackText, RuleText
from alerting.rulebook.plans import PlanText
from alerting.vocabulary.official import WarningsText

# The newest that language servers for YAML know.
DRAFT = "http://json-schema.org/draft-07/schema#"


def schemas() -> dict[str, dict[str, Any]]:
    """By file name, what editors are to hold the files of a rule folder to."""
    # Files are read rule by rule, measure by measure, number by number, so that each fault has its
    # line; here they are nested.
    pack = create_model("Pack", __base__=PackText, rules=(list[RuleText], ...))
    measures = create_model("Measures", __base__=MeasuresText, measures=(dict[str, Measure], ...))
    named: Any = Field({}, json_schema_extra={"additionalProperties": False})
    districts = create_model(
        "Districts", __base__=DistrictsText, numbers=(dict[NumberName, NumberText], named)
    )
    return {
        "pack.json": _schema(pack),
        "measures.json": _schema(measures),
        "districts.json": _schema(districts),
        "policies.json": _schema(Policies),
        "rosters.json": _schema(RostersText),
        "calling.json": _schema(Calling),
        "plan.json": _schema(PlanText),
        "warnings.json": _schema(WarningsText),
        "calendar.json": {"$schema": DRAFT, **calendar_schema()},
    }


def text_of(schema: dict[str, Any]) -> str:
    """As it is written to a file."""
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    made = model.model_json_schema(by_alias=True)
    _without_titles(made)
    return {"$schema": DRAFT, **made}


def _without_titles(node: Any) -> None:
    """Titles made of field names only repeat them when an editor shows both."""
    if isinstance(node, dict):
        if isinstance(node.get("title"), str):
            del node["title"]
        for value in node.values():
            _without_titles(value)
    elif isinstance(node, list):
        for value in node:
            _without_titles(value)
