// What every driver speaks: a job a line on stdin, what came of it a line on stdout, as JSON.
// The twin of drivers/contract.py, which says what the fields mean.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export const MODEL = "gpt-4o-mini";
export const TIMEOUT = 20_000;
export const TOOL = {
  name: "send_mail",
  description: "Send a mail.",
  parameters: {
    type: "object",
    properties: { to: { type: "string" }, subject: { type: "string" } },
    required: ["to", "subject"],
  },
};

export class Told {
  pieces = [];
  refusal = "";
  finish = "";
  calls = [];
  unfinished = [];
  #fragments = new Map();

  add(text) {
    if (text) this.pieces.push(text);
  }

  refuse(text) {
    this.refusal += text ?? "";
  }

  end(reason) {
    if (reason) this.finish = reason;
  }

  call(name, given) {
    this.calls.push({ name, arguments: typeof given === "string" ? JSON.parse(given) : given });
  }

  fragment(index, name, text) {
    if (!this.#fragments.has(index)) this.#fragments.set(index, { name: "", text: "" });
    const call = this.#fragments.get(index);
    call.name += name ?? "";
    call.text += text ?? "";
  }

  leaves(job) {
    return job.cancel && this.pieces.length > 0;
  }

  result(problem, modules) {
    for (const { name, text } of problem ? [] : this.#fragments.values()) {
      try {
        this.call(name, text || "{}");
      } catch {
        this.unfinished.push(name);
      }
    }
    return {
      text: this.pieces.join(""),
      pieces: this.pieces.length,
      refusal: this.refusal,
      finish: this.finish,
      calls: this.calls,
      unfinished: this.unfinished,
      error: problem ? described(problem, modules) : null,
    };
  }
}

// An error is the package's own when the class it was made by is one that the package exports.
function described(problem, modules) {
  const name = problem.constructor?.name ?? typeof problem;
  const known = modules.find(([, exported]) => exported[name] === problem.constructor);
  return { package: known ? known[0] : "", name, message: String(problem.message) };
}

function say(value) {
  process.stdout.write(JSON.stringify(value) + "\n");
}

// `modules` are pairs of a name and what the package of that name exports.
export async function serve(name, modules, ask) {
  const about = new URL(`./node_modules/${name}/package.json`, import.meta.url);
  say({ package: name, version: JSON.parse(readFileSync(about, "utf8")).version });
  for await (const line of createInterface({ input: process.stdin })) {
    const told = new Told();
    let problem = null;
    try {
      await ask(JSON.parse(line), told);
    } catch (raised) {
      problem = raised;
    }
    say(told.result(problem, modules));
  }
}
