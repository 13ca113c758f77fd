export { Crew, type CrewPorts, StartFailure } from "./crew.js";
export { type Line, Membership } from "./membership.js";
export type { Question, ToPrimary, ToWorker } from "./messages.js";
export type { CrewReport, Ending, Fork, WorkerEvents, WorkerProcess } from "./ports.js";
export { Questions } from "./questions.js";
