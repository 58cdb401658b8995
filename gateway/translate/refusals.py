"""What is refused in translation, and how it is told."""

from ...detection.errors import BadInput, UpstreamFault


def untranslatable(where: str, why: str = "") -> BadInput:
    """Return the refusal of what the upstream's format cannot express, by its name in the client's."""
    more = f": {why}" if why else ""
    return BadInput(
        f"{where} cannot be translated into the format of this model's upstream{more}.",
        code="not_translatable",
        param=where,
    )


def malformed(where: str) -> BadInput:
    """Return the refusal of a member of the wrong type."""
    return BadInput(f"{where} has the wrong type.", code="invalid_type", param=where)


def unreadable(what: str = "is not what its format says") -> UpstreamFault:
    """Return the fault of an answer that cannot be translated."""
    return UpstreamFault(f"The upstream's answer {what}.", code="upstream_protocol")
