"""The form of the models: frozen, no unknown fields, camelCase in YAML; and their JSON Schema for editors."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Strict,
    Tag,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import core_schema

LARGEST = 1_000_000_000
Count = Annotated[int, Strict(), Field(ge=0, le=LARGEST)]
"""A whole number, zero included; `16.0` and `"16"` are refused."""
Int32 = Annotated[int, Strict(), Field(ge=-(2**31), le=2**31 - 1)]
Flag = Annotated[bool, Strict()]


class Model(BaseModel):
    """A frozen value read from YAML: unknown fields are mistakes, names are camelCase."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        use_attribute_docstrings=True,
        validate_default=False,
        protected_namespaces=(),
    )

    def document(self) -> dict[str, Any]:
        """Return the fields that were set, as YAML would hold them."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    @classmethod
    def field_aliases(cls) -> list[str]:
        """Return the names of the fields as YAML writes them."""
        return [field.alias or name for name, field in cls.model_fields.items()]


class Shorthand(Model):
    """A model whose YAML may be the value of one field alone, *shorthand*: `h100: 16` for `h100: {nominal: 16}`."""

    shorthand: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _written_short(cls, value: Any) -> Any:
        return value if isinstance(value, dict | BaseModel) or value is None else cls.written_out(value)

    @classmethod
    def written_out(cls, value: Any) -> dict[str, Any]:
        """Return the mapping that *value* stands for."""
        return {cls.shorthand: value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        reference = handler(core_schema)
        schema = handler.resolve_ref_schema(reference)
        long = dict(schema)
        short = dict(long["properties"][to_camel(cls.shorthand)])
        if "oneOf" in short:  # a mapping is the model itself
            short["oneOf"] = [form for form in short["oneOf"] if form.get("type") != "object"]
        schema.clear()
        schema.update(anyOf=[short, long], title=cls.__name__)
        return dict(reference)


SCALAR, MAPPING = "scalar", "mapping"


def _form(value: Any) -> str:
    return MAPPING if isinstance(value, dict) else SCALAR


CountByName = Annotated[
    Annotated[Count, Tag(SCALAR)] | Annotated[Mapping[str, Count], Tag(MAPPING)],
    Discriminator(_form),
]
"""A whole number, or one for each name."""


def _distinct(values: tuple[Any, ...]) -> tuple[Any, ...]:
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{value} stands twice; keep one")
    return values


Distinct = AfterValidator(_distinct)
"""Of a list: that no two of its entries are equal."""


class Removable:
    """Lets entries of a mapping be null in YAML: they are left out, so that a team can drop what it would inherit."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(_without_null, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        found = handler(schema)
        for key in ("additionalProperties", "patternProperties"):
            if key in found:
                entries = found[key] if key == "patternProperties" else {"": found[key]}
                nullable = {name: {"anyOf": [entry, {"type": "null"}]} for name, entry in entries.items()}
                found[key] = nullable if key == "patternProperties" else nullable[""]
        return found


def _without_null(value: Any) -> Any:
    return {key: entry for key, entry in value.items() if entry is not None} if isinstance(value, dict) else value


def json_schema(model: type[Model]) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the YAML that *model* is read from."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema(by_alias=True)}
