import { NOW } from "./tokens.js";

const at = (seconds: number) => String(NOW + seconds);
const AROUND = [-5, -4.5, -4, -1, -0.5, 0, 0.5, 1, 4, 4.5, 5].map(at);
/** JSON that hardly any claim may be. */
export const ODD = ["null", "true", '""', '"x"', "[]", '["x"]', "{}", "0", "-0", "1e999", "-1e999"];

/** JSON of claims by name, good ones and others; undefined for none. */
export const CLAIM_TEXTS: Readonly<
  Record<string, readonly [readonly (string | undefined)[], string[]]>
> = {
  sub: [['"alice"', '"alice?>?>?>"', '"\\u00e4\\ud83d\\ude00"'], ['"al\\ud800"']],
  exp: [[at(60)], AROUND],
  nbf: [[undefined, at(-60)], AROUND],
  iat: [[undefined, ...AROUND], []],
  iss: [['"me"'], ['["me"]', '"they"']],
  aud: [
    ['"you"', '["they","you"]'],
    ['["they"]', "[1,null]", '"they"', '"yours"'],
  ],
  jti: [[undefined, '"t1"', '">>>???"'], ["7"]],
  keywire: [
    [undefined, '{"grants":[{"keys":"a*"}]}'],
    ['{"admin":true}', '{"admin":1e999}'],
  ],
  ["__proto__"]: [[undefined], ['{"sub":"eve"}']],
};

/** An object as JSON, from the JSON of its members. */
export const objectOf = (entries: readonly (readonly [string, string])[]) =>
  `{${entries.map(([name, json]) => `"${name}":${json}`).join(",")}}`;
