import { describe, it } from "node:test";

import { cases } from "./vectorCases";

describe("spec/vectors.json under Node", () => {
  for (const { name, run } of cases) it(name, run);
});
