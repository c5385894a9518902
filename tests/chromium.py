"""A real headless Chromium, driven through its DevTools protocol: pages opened, keys pressed, clicks made, what went wrong noted."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NO_CHROMIUM = "no chromium on this machine: review in the browser is not looked at in a real browser"
PATIENCE = 30.0
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--no-default-browser-check", "--disable-extensions", "--disable-default-apps", "--remote-debugging-port=0",
)  # fmt: skip


class Chromium:
    """One browser with an empty profile below ``folder``; each ``tab`` has cookies of its own."""

    def __init__(self, folder: Path, *more_flags: str) -> None:
        profile = folder / "profile"
        command = [str(CHROMIUM), *FLAGS, *more_flags, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port_file = profile / "DevToolsActivePort"
        _until(lambda: port_file.exists() and port_file.read_text().count("\n") >= 1, "the browser does not start")
        port, path = port_file.read_text().splitlines()[:2]
        self._address = f"ws://127.0.0.1:{port}{path}"

    def tab(self, *, width: int = 1440, height: int = 900, accept: str = "zh-CN") -> Tab:
        """A new window of this size, as in a profile of its own."""
        return Tab(self._address, width=width, height=height, accept=accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(20)


class Tab:
    """A page. ``problems``: what the console and the network complained of; ``requests``: every address that was asked for."""

    def __init__(self, address: str, *, width: int, height: int, accept: str) -> None:
        self._socket: ClientConnection = connect(address, max_size=64 * 2**20)
        self._number = 0
        self._session: str | None = None
        self.problems: list[str] = []
        self.requests: list[str] = []
        self.loads = 0
        context = self._call("Target.createBrowserContext", disposeOnDetach=True)["browserContextId"]
        target = self._call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._call(f"{domain}.enable")
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)
        self._call("Network.setExtraHTTPHeaders", headers={"Accept-Language": accept})

    def open(self, address: str) -> None:
        """Goes to an address and waits until it is loaded."""
        loads = self.loads
        self._call("Page.navigate", url=address)
        self.wait_load(loads)

    def wait_load(self, loads: int) -> None:
        """Waits until the page was loaded once more than ``loads`` times."""
        _until(lambda: self._pump() or self.loads > loads, "the page does not load")

    def key(self, key: str) -> None:
        """Presses and releases a key."""
        text = {"text": key} if len(key) == 1 else {"text": "\r"} if key == "Enter" else {}
        code = {"Enter": 13, "Escape": 27, "Tab": 9}.get(key, ord(key.upper()) if len(key) == 1 else 0)
        self._call("Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text)
        self._call("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def key_and_load(self, key: str) -> None:
        """Presses a key that leads to another page."""
        loads = self.loads
        self.key(key)
        self.wait_load(loads)

    def type(self, text: str) -> None:
        """Types where the focus is."""
        self._call("Input.insertText", text=text)

    def click(self, selector: str) -> None:
        """Clicks in the middle of an element."""
        box = self.js(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}}); "
            "const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def click_and_load(self, selector: str) -> None:
        """Clicks what leads to another page."""
        loads = self.loads
        self.click(selector)
        self.wait_load(loads)

    def js(self, expression: str) -> Any:
        """The value of an expression in the page."""
        found = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            message = f"{expression}: {found['exceptionDetails']}"
            raise AssertionError(message)
        return found["result"].get("value")

    def text(self, selector: str = "body") -> str:
        """What an element says."""
        return str(self.js(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def path(self) -> str:
        """The address without the host."""
        return str(self.js("location.pathname + location.search"))

    def medium(self, name: str) -> None:
        """Shows pages as on the ``screen`` or as in ``print``."""
        self._call("Emulation.setEmulatedMedia", media=name)

    def screenshot(self, path: Path) -> None:
        """The whole page as a picture in a file."""
        path.write_bytes(self.picture())

    def picture(self) -> bytes:
        """The whole page as a picture, PNG."""
        height = int(self.js("document.documentElement.scrollHeight"))
        width = int(self.js("innerWidth"))
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        return base64.b64decode(self._call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"])

    def close(self) -> None:
        """Closes the window."""
        self._socket.close()

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            answer = json.loads(self._socket.recv(timeout=PATIENCE))
            if answer.get("id") == number:
                if "error" in answer:
                    text = f"{method}: {answer['error']}"
                    raise AssertionError(text)
                return dict(answer["result"])
            self._note(answer)
        text = f"{method} is not answered"
        raise AssertionError(text)

    def _pump(self) -> None:
        try:
            self._note(json.loads(self._socket.recv(timeout=0.02)))
        except TimeoutError:
            return

    def _note(self, event: dict[str, Any]) -> None:
        method, said = event.get("method"), event.get("params", {})
        if method == "Page.loadEventFired":
            self.loads += 1
        elif method == "Runtime.exceptionThrown":
            self.problems.append(
                f"exception: {said['exceptionDetails'].get('text')} {said['exceptionDetails'].get('exception', {}).get('description')}"
            )
        elif method == "Runtime.consoleAPICalled" and said["type"] in {"error", "warning", "assert"}:
            self.problems.append(f"console: {[argument.get('value') for argument in said['args']]}")
        elif method == "Log.entryAdded" and said["entry"]["level"] in {"error", "warning"}:
            self.problems.append(f"log: {said['entry']['text']} {said['entry'].get('url', '')}")
        elif method == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])


def _until(done: Any, otherwise: str) -> None:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        if done():
            return
        time.sleep(0.01)
    raise AssertionError(otherwise)
