export { authorize, type Grant } from "./grants.js";
export { RedisRevocationStore } from "./redis-store.js";
export { type Revocation, Revocations } from "./revocation.js";
export { Authenticator, type Identity, type TokenSettings } from "./tokens.js";
