// The official "@anthropic-ai/sdk" package on messages.

import * as anthropic from "@anthropic-ai/sdk";

import { TIMEOUT, TOOL, serve } from "./contract.mjs";

async function ask(job, told) {
  const client = new anthropic.Anthropic({ apiKey: job.key, baseURL: job.url, timeout: TIMEOUT });
  const given = {
    model: "claude-of-the-tests",
    max_tokens: 100,
    messages: [{ role: "user", content: job.prompt }],
  };
  if (job.tools) {
    given.tools = [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.parameters }];
  }
  if (!job.streamed) {
    const message = await client.messages.create(given);
    for (const block of message.content) if (block.type === "text") told.add(block.text);
    read(message, told);
    return;
  }
  const stream = client.messages.stream(given);
  for await (const event of stream) {
    if (event.type === "content_block_delta" && event.delta.type === "text_delta") told.add(event.delta.text);
    if (told.leaves(job)) return;
  }
  read(await stream.finalMessage(), told);
}

function read(message, told) {
  for (const block of message.content) if (block.type === "tool_use") told.call(block.name, block.input);
  told.end(message.stop_reason);
}

await serve("@anthropic-ai/sdk", [["@anthropic-ai/sdk", anthropic]], ask);
