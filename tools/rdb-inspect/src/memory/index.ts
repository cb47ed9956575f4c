/** Memory estimates: models of servers, and the estimator that prices keys by them. */
export { MemoryEstimator } from "./estimator.ts";
export type { MemoryModel } from "./model.ts";
export { memoryModels, modelFor, modelForServer } from "./models.ts";
