// The "ai" package with its provider for OpenAI, which asks the Responses API.

import { createOpenAI } from "@ai-sdk/openai";
import * as ai from "ai";

import { MODEL, TOOL, serve } from "./contract.mjs";

async function ask(job, told) {
  const leaving = new AbortController();
  const given = {
    model: createOpenAI({ apiKey: job.key, baseURL: `${job.url}/v1` })(MODEL),
    prompt: job.prompt,
    abortSignal: leaving.signal,
  };
  if (job.tools) {
    const inputSchema = ai.jsonSchema(TOOL.parameters);
    given.tools = { [TOOL.name]: ai.tool({ description: TOOL.description, inputSchema }) };
  }
  if (!job.streamed) {
    const answer = await ai.generateText(given);
    told.add(answer.text);
    for (const call of answer.toolCalls) told.call(call.toolName, call.input);
    told.end(answer.finishReason);
    return;
  }
  // What goes wrong is a part of the stream; the handler that prints it as well is not wanted.
  const { fullStream } = ai.streamText({ ...given, onError: () => {} });
  for await (const part of fullStream) {
    if (part.type === "text-delta") told.add(part.text);
    if (part.type === "tool-call") told.call(part.toolName, part.input);
    if (part.type === "finish") told.end(part.finishReason);
    if (part.type === "error") throw part.error;
    if (told.leaves(job)) {
      leaving.abort();
      return;
    }
  }
}

await serve("ai", [["ai", ai]], ask);
