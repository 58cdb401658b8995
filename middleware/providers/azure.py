"""Azure's routes for OpenAI's models.

Those that generate are under the name of a deployment, which takes the place of the model's; the rest is
under ``/openai``. The newer form of the API is OpenAI's own behind ``/openai/v1``.

Source: Azure OpenAI reference, "Data plane inference"; the package's `openai.lib.azure`.
"""

from dataclasses import replace

from . import openai

_DEPLOYED = frozenset(
    f"/v1/{path}"
    for path in (
        "chat/completions",
        "completions",
        "embeddings",
        "audio/transcriptions",
        "audio/translations",
        "audio/speech",
        "images/generations",
        "images/edits",
    )
)
_BEHIND = "/openai/deployments/{model}"

ROUTES = (
    *(
        replace(row, template=_BEHIND + row.template[3:])
        for row in openai.ROUTES
        if row.template in _DEPLOYED
    ),
    *(
        replace(row, template="/openai" + row.template[3:])
        for row in openai.ROUTES
        if row.template not in _DEPLOYED
    ),
    *(replace(row, template="/openai" + row.template) for row in openai.ROUTES),
)
