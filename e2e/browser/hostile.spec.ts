import { expect, test } from "./fixtures.js";

const MARKUP = "<img src=x onerror=alert(1)>";

test("a key's name is shown, never run, whatever bytes it holds", async ({
  page,
  redis,
  dashboard,
  offences,
}) => {
  await dashboard.open("prefix:");
  const shown: readonly (readonly [Buffer, string])[] = [
    [Buffer.from(MARKUP), MARKUP],
    [
      Buffer.from("</td></table><script>alert(2)</script>"),
      "</td></table><script>alert(2)</script>",
    ],
    [
      Buffer.from("{{constructor.constructor('alert(3)')()}}"),
      "{{constructor.constructor('alert(3)')()}}",
    ],
    [Buffer.from("line\nbreak\0nul\x1b[31m"), "line\\nbreak\\x00nul\\x1b[31m"],
    [Buffer.from("abc\u202etxt.exe"), "abc\\u{202e}txt.exe"],
    [Buffer.from([0xff, 0xfe, 0x61, 0x00]), "\\xff\\xfea\\x00"],
    [Buffer.from(" padded "), "\\x20padded\\x20"],
    [Buffer.from(""), "(empty key)"],
  ];
  for (const [key] of shown) await redis.client.set(key, "x");
  await dashboard.expectReceived(shown.length);
  for (const [, text] of shown) await expect(dashboard.row(text)).toBeVisible();

  await dashboard.row(MARKUP).click();
  await expect(dashboard.detail).toContainText(MARKUP);
  await dashboard.detail.getByRole("button", { name: "Watch this key" }).click();
  await dashboard.expectWatching(`key:${MARKUP}`);

  expect(await page.locator("img, script:not([src])").count()).toBe(0);
  offences.expectNone();
});

test("the page's policy allows no inline script or style, and the watch for it would tell", async ({
  page,
  dashboard,
  gateway,
  offences,
}) => {
  const response = await page.request.get(gateway.url);
  const policy = response.headers()["content-security-policy"] ?? "";
  expect(policy).toMatch(/default-src|script-src/);
  expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|\*/);

  await dashboard.open();
  // What finds nothing in every other test is shown to find something.
  await page.evaluate((markup) => {
    const place = document.createElement("div");
    place.innerHTML = `<p style="color: red">${markup}</p>`;
    document.body.append(place);
  }, MARKUP);
  await expect.poll(() => offences.violations.join("\n")).toMatch(/style-src(?:.|\n)*script-src/);
  expect(offences.takeViolations().length).toBeGreaterThanOrEqual(2);
  expect(offences.errors).toEqual([]);
});
