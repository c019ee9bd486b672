"""The AsyncAPI document: FastStream's channels, with what their messages are made of."""

from typing import TYPE_CHECKING, Any

import orjson
from faststream.specification import AsyncAPI
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from events.catalogue import EVENTS
from services.intake.message_types import TYPES
from services.messaging import subjects

if TYPE_CHECKING:
    from services.app import House

_REF = "#/components/schemas/{model}"


def document(house: "House") -> dict[str, Any]:
    """AsyncAPI 3.0: what is listened to, what is published, and every message's schema."""
    found: dict[str, Any] = orjson.loads(
        AsyncAPI(
            house.broker,
            title="SNP Dispatch",
            version=house.version,
            description="Requests and slots in, events out. Messages are CloudEvents 1.0 in JSON.",
        )
        .to_specification()
        .to_json()
    )
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas |= _schemas([*TYPES.values(), *EVENTS.values()])
    for name in list(schemas):
        if name.partition(":")[0] in {"inbox", "ask"}:
            schemas[name] = _one_of({kind: model.__name__ for kind, model in TYPES.items()})
    schemas["Event"] = _one_of({name: event.__name__ for name, event in EVENTS.items()})
    components.setdefault("messages", {})["event"] = {
        "title": "event",
        "contentType": "application/cloudevents+json",
        "payload": {"$ref": "#/components/schemas/Event"},
    }
    found["channels"]["events"] = {
        "address": "snp.event.{community}.{name}.{id}",
        "description": "What happened, in the order of the log; kept in the stream SNP_EVENTS.",
        "messages": {"event": {"$ref": "#/components/messages/event"}},
        "bindings": {"nats": {"subject": subjects.EVENTS, "bindingVersion": "custom"}},
    }
    found["operations"]["events"] = {"action": "send", "channel": {"$ref": "#/channels/events"}}
    return found


def _schemas(models: list[type[BaseModel]]) -> dict[str, Any]:
    _, definitions = models_json_schema(
        [(model, "validation") for model in models], ref_template=_REF
    )
    found: dict[str, Any] = definitions["$defs"]
    return found


def _one_of(models: dict[str, str]) -> dict[str, Any]:
    """A CloudEvent whose type tells what its data is."""
    return {
        "oneOf": [
            {
                "type": "object",
                "required": ["specversion", "id", "source", "type", "data"],
                "properties": {
                    "specversion": {"const": "1.0"},
                    "id": {"type": "string"},
                    "source": {"type": "string"},
                    "type": {"const": kind},
                    "data": {"$ref": _REF.format(model=model)},
                },
            }
            for kind, model in models.items()
        ]
    }
