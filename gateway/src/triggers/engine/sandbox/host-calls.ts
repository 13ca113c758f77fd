import {
  Lifetime,
  type QuickJSContext,
  type QuickJSHandle,
  WeakLifetime,
} from "quickjs-emscripten-core";

/** What the bindings keep to themselves; their version is an exact one. */
interface Bindings {
  readonly cToHostCallbacks: {
    callFunction(ctx: number, self: number, argc: number, argv: number, id: number): number;
  };
  readonly ffi: {
    QTS_ArgvGetJSValueConstPointer(argv: number, index: number): number;
    QTS_DupValuePointer(ctx: number, value: unknown): number;
    QTS_Throw(ctx: number, error: unknown): number;
  };
  readonly ctx: { readonly value: number };
  getFunction(id: number): (...args: QuickJSHandle[]) => QuickJSHandle | undefined;
}

/** Of a function that answers nothing. */
const UNDEFINED = 0;

/**
 * Has host functions called straight away. For each call the bindings begin a scope and a generator,
 * since a function could be asynchronous: 3.6 of the 3.9 µs that a call of nothing takes. What
 * functions are given is good until they return, and nobody notices where it is used later; what they
 * give is a handle, and used up.
 */
export function callStraight(context: QuickJSContext): void {
  const bindings = context as unknown as Bindings;
  const { ffi, ctx } = bindings;
  const thrown = (error: unknown) => {
    const handle: QuickJSHandle =
      error instanceof Lifetime ? error : context.newError(error as Error);
    return handle.consume(({ value }) => ffi.QTS_Throw(ctx.value, value));
  };
  bindings.cToHostCallbacks.callFunction = (_ctx, _self, argc, argv, id) => {
    try {
      const args = argumentsAt(ffi, argc, argv);
      const result = bindings.getFunction(id)(...args);
      if (result === undefined) return UNDEFINED;
      return result.consume(({ value }) => ffi.QTS_DupValuePointer(ctx.value, value));
    } catch (error) {
      return thrown(error);
    }
  };
}

function argumentsAt(ffi: Bindings["ffi"], argc: number, argv: number): QuickJSHandle[] {
  const args: QuickJSHandle[] = [];
  for (let i = 0; i < argc; i++) {
    // QuickJS frees them: nobody else has to.
    args.push(new WeakLifetime(ffi.QTS_ArgvGetJSValueConstPointer(argv, i)) as never);
  }
  return args;
}
