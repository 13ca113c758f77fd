import { plain, visibleText } from "../text/visible.js";

/** Characters that a table has room for; whoever made the name up may have made it of 64 KiB. */
const LONGEST = 160;

/** A name of a client's choosing: its beginning, and more of it to hover over. */
export function NameText({ of }: { readonly of: string }) {
  return <span title={plain(visibleText(of))}>{plain(visibleText(of, LONGEST))}</span>;
}
