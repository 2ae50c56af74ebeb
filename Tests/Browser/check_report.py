"""Opens reports from disk in headless Chromium and uses them as a reader would.

usage: check_report.py RUN_FOLDER HOSTILE_FOLDER     (both with report.html; the first with prompts.csv of a real run)
"""

import csv
import json
import pathlib
import sys
import urllib.parse

from webdriver import Browser

passed = 0


def check(condition, what):
    global passed
    if not condition:
        sys.exit(f"[browser] FAILED: {what}")
    passed += 1


def rows(browser):
    """The lines of the table of prompts: lists of cells."""
    return browser.run("""return [...document.querySelectorAll('#rows tr:not(.detail)')]
        .map((r) => [...r.children].map((c) => c.textContent))""")


def choose(browser, select, value):
    browser.run("""const s = document.getElementById(arguments[0]); s.value = arguments[1];
        s.dispatchEvent(new Event('change', {bubbles: true}))""", select, value)


def quiet(browser, url):
    """No message on the console, and nothing asked for but the page."""
    messages = browser.log("browser")
    check(not messages, f"console: {messages}")
    asked = []
    for entry in browser.log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            asked.append(message["params"]["request"]["url"])
    strange = [a for a in asked if not a.startswith("data:") and a.split("#")[0] != url]
    check(url in asked and not strange, f"requests: {strange or asked}")


def check_run(folder):
    page = (pathlib.Path(folder) / "report.html").resolve()
    url = page.as_uri()
    with open(page.parent / "prompts.csv", newline="") as file:
        prompts = [r for r in csv.DictReader(file)]
    submissions = list(dict.fromkeys(r["submission"] for r in prompts))
    first = [r for r in prompts if r["submission"] == submissions[0]]
    with Browser() as browser:
        browser.open(url)
        quiet(browser, url)

        table = rows(browser)
        check(sorted(r[0] for r in table) == sorted(r["id"] for r in first), "every prompt has a row")
        scores = [float(r[1]) for r in table]
        check(scores == sorted(scores), "the lowest score comes first")
        expected = {r["id"]: f"{float(r['rougeL']) * 100:.1f}" for r in first}
        check(all(abs(float(expected[r[0]]) - float(r[1])) < 0.11 or r[3] == "same" for r in table), "scores are those of prompts.csv")

        # Sort: a click, a second click, and what a screen reader is told.
        browser.click("#headings th:nth-child(1) button")
        check([r[0] for r in rows(browser)] == sorted(r["id"] for r in first), "sorted by id")
        check(browser.run("return document.querySelector('#headings th').getAttribute('aria-sort')") == "ascending", "aria-sort")
        browser.click("#headings th:nth-child(1) button")
        check([r[0] for r in rows(browser)] == sorted((r["id"] for r in first), reverse=True), "sorted backwards")

        # Filters.
        choose(browser, "submission", str(len(submissions) - 1))
        last = [r for r in prompts if r["submission"] == submissions[-1]]
        choose(browser, "status", "changed")
        changed = {r["id"] for r in last if r["exact_match"] == "false"}
        check({r[0] for r in rows(browser)} == changed and changed, "only changed answers")
        choose(browser, "status", "same")
        check({r[0] for r in rows(browser)} == {r["id"] for r in last} - changed, "only same answers")
        choose(browser, "status", "all")
        browser.type("#search", last[1]["id"].upper())
        check(last[1]["id"] in [r[0] for r in rows(browser)] and len(rows(browser)) < len(last), "search finds an id")
        browser.type("#search", " nothing has this")
        check(rows(browser) == [] and browser.run("return document.getElementById('found').textContent").startswith("0 of"),
              "search finds nothing and says so")
        browser.run("const s = document.getElementById('search'); s.value = ''; s.dispatchEvent(new Event('input'))")

        # A row opens with both texts, their differences, and what both models held likely.
        target = sorted(changed)[0]
        browser.run("""[...document.querySelectorAll('#rows .name')].find((b) => b.textContent === arguments[0]).click()""", target)
        check(browser.run("return document.querySelectorAll('.detail .text').length") == 2, "both texts")
        check(browser.run("return document.querySelectorAll('.detail mark').length") >= 1, "the first difference is marked")
        check(browser.run("return document.querySelectorAll('.detail .candidates').length") == 2, "candidates of both models")
        check(browser.run("return document.activeElement.textContent") == target, "the focus stays on the row")
        link = browser.run("return location.href")
        check(f"#prompt={urllib.parse.quote(target)}" in link, f"the address is a permalink: {link}")
        quiet_after = browser.log("browser")
        check(not quiet_after, f"console: {quiet_after}")

    with Browser() as browser:
        browser.open(link)
        check(browser.run("return document.querySelector('tr.open th').textContent") == target, "the permalink opens its prompt")
        check(browser.run("const t = document.querySelector('tr.open').getBoundingClientRect().top; return t >= -1 && t < innerHeight"),
              "and shows it")
        browser.run("location.hash = '#prompt=nobody'")
        browser.open(url + "#prompt=nobody")
        check(browser.run("return document.getElementById('found').textContent").startswith("There is no prompt"), "a dead link says so")

    # Keyboard: the skip link is first, and a row opens with Enter.
    with Browser() as browser:
        browser.open(url)
        browser.type("body", "\ue004")
        check(browser.run("return document.activeElement.className") == "skip", "Tab reaches the skip link first")
        browser.run("document.querySelector('#rows .name').focus()")
        browser.type("#rows .name", "\ue007")
        check(browser.run("return document.querySelectorAll('tr.detail').length") == 1, "Enter opens a row")

    for width in (1280, 390):
        for dark in (False, True):
            with Browser(width, dark=dark) as browser:
                browser.open(url)
                check(browser.run("return document.documentElement.scrollWidth") <= width, f"nothing sticks out at {width} px")
                background = browser.run("return getComputedStyle(document.body).backgroundColor")
                check((background != "rgb(255, 255, 255)") == dark, f"dark: {dark}, background {background}")
                unnamed = browser.run("""return [...document.querySelectorAll('svg[role=img],select,input,button,table')]
                    .filter((e) => !(e.getAttribute('aria-labelledby') || e.closest('label') || e.textContent.trim())).length""")
                check(unnamed == 0, "every chart and control has a name")


def check_hostile(folder):
    url = (pathlib.Path(folder) / "report.html").resolve().as_uri()
    with Browser(390) as browser:
        browser.open(url)
        quiet(browser, url)
        for number in range(len(rows(browser))):
            browser.run("document.querySelectorAll('#rows .name')[arguments[0]].click()", number)
        check(browser.run("return document.querySelectorAll('img,iframe,object,embed,base,[onerror],[onfocus]').length") == 0, "no foreign element")
        check(browser.run("return document.scripts.length") == 2, "no foreign script")
        check(browser.run("return window.hit === undefined"), "no foreign script ran")
        check(browser.run("return document.documentElement.scrollWidth") <= 390, "long lines do not widen the page")
        check(not browser.log("browser"), "no message on the console")


check_run(sys.argv[1])
check_hostile(sys.argv[2])
print(f"[browser] {passed} checks passed, 0 failed")
