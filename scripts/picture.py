"""The picture of the README: the andon board of a running demo, as a browser shows it."""

import argparse
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium"
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")


def main() -> int:
    """`python scripts/picture.py URL FILE`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8080/andon")
    parser.add_argument("file", nargs="?", type=Path, default=Path("docs/andon.png"))
    args = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_page(viewport={"width": 1440, "height": 810})
        page.goto(args.url)
        page.wait_for_timeout(3000)
        page.screenshot(path=args.file)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
