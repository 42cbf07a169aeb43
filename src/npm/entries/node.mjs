// import and require share one instance: this is the CommonJS one.
export {
  AuthError,
  authenticate,
  createClient,
  decodeClaims,
  isAuthError,
  Token,
  VERSION,
} from "./node.cjs";
