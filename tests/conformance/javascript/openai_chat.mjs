// The official "openai" package on chat completions.

import * as openai from "openai";

import { MODEL, TIMEOUT, TOOL, serve } from "./contract.mjs";

async function ask(job, told) {
  const client = new openai.OpenAI({ apiKey: job.key, baseURL: `${job.url}/v1`, timeout: TIMEOUT });
  const given = { model: MODEL, messages: [{ role: "user", content: job.prompt }] };
  if (job.tools) given.tools = [{ type: "function", function: TOOL }];
  if (!job.streamed) {
    const [choice] = (await client.chat.completions.create(given)).choices;
    told.add(choice.message.content);
    told.refuse(choice.message.refusal);
    told.end(choice.finish_reason);
    for (const call of choice.message.tool_calls ?? []) told.call(call.function.name, call.function.arguments);
    return;
  }
  const stream = await client.chat.completions.create({ ...given, stream: true });
  for await (const chunk of stream) {
    for (const choice of chunk.choices) {
      told.add(choice.delta.content);
      told.refuse(choice.delta.refusal);
      told.end(choice.finish_reason);
      for (const call of choice.delta.tool_calls ?? []) {
        told.fragment(call.index, call.function.name, call.function.arguments);
      }
    }
    if (told.leaves(job)) break;
  }
}

await serve("openai", [["openai", openai]], ask);
