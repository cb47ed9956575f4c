/** Which model stands for which server. */
import { expect, test } from "vitest";
import { memoryModels, modelFor, modelForServer } from "./models.ts";

test("every model is found by its name, and its label names the allocator", () => {
  for (const model of memoryModels) {
    expect(modelFor(model.name)).toBe(model);
    expect(model.label).toBe(`${model.name} (${model.allocator.name})`);
  }
  expect(modelFor("redis-99.9")).toBeUndefined();
});

test.each([
  ["redis", "2.8.24", "redis-6.0"],
  ["redis", "6.2.14", "redis-6.0"],
  ["redis", "7.0.15", "redis-7.0"],
  ["redis", "7.2.4", "redis-8.0"],
  ["redis", "7.4.1", "redis-8.0"],
  ["redis", "8.0.6", "redis-8.0"],
  ["redis", "8.2.0", "redis-8.6"],
  ["redis", "8.10.0", "redis-8.6"],
  ["redis", "999.999.999", "redis-8.6"],
  ["redis", undefined, "redis-8.6"],
  ["redis", "unstable", "redis-8.6"],
  ["valkey", "7.2.5", "redis-8.0"],
  ["valkey", "8.0.1", "redis-8.0"],
  ["valkey", "8.1.1", "valkey-8.1"],
  ["valkey", "9.0.0", "valkey-9.1"],
  ["valkey", undefined, "valkey-9.1"],
] as const)("a file of %s %s is priced by the model of %s", (family, version, name) => {
  expect(modelForServer(family, version).name).toBe(name);
});
