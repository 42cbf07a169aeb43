// import and require share one instance: this is the CommonJS one.
export {
  AuthError,
  authenticate,
  decodeClaims,
  isAuthError,
  Token,
  VERSION,
} from "./node.cjs";
