import "./styles/index.css";
import { render } from "preact";
import { App } from "./app.js";
import { Dashboard } from "./dashboard.js";
import { keepFocus } from "./ui/keep-focus.js";
import { watchRoute } from "./ui/route.js";
import { applyTheme } from "./ui/theme.js";

const place = document.getElementById("app");
if (place === null) throw new Error("index.html has no element with the id app to render into");
applyTheme();
keepFocus(document);
const dashboard = new Dashboard();
dashboard.start();
render(<App dashboard={dashboard} route={watchRoute(window)} />, place);
