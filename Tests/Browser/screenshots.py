"""Screenshots of a page, whole, at two widths, light and dark: PAGE FOLDER."""

import base64
import pathlib
import sys

from webdriver import Browser

page, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
for width in (1280, 390):
    for dark in (False, True):
        with Browser(width, dark=dark) as browser:
            browser.open(page.as_uri() + (sys.argv[3] if len(sys.argv) > 3 else ""))
            shot = browser.devtools("Page.captureScreenshot", captureBeyondViewport=True)
            (folder / f"{width}-{'dark' if dark else 'light'}.png").write_bytes(base64.b64decode(shot["data"]))
