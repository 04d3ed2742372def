"""What the experiment runs on Heroku: a process that says each second that it lives.

    alive code=2 process=5f0c2a9be1d34b77 dyno=web.1 n=17 at=2026-06-09T16:13:36.250Z

It needs the standard library alone. behaviour.json says which code it is, how many seconds it goes on
after SIGTERM, how many lines a second it prints only to be busy, whether it crashes, and what its release
phase does.
"""

import datetime
import http.server
import json
import os
import secrets
import signal
import sys
import threading
import time

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "behaviour.json")) as file:
    BEHAVIOUR = json.load(file)
PROCESS = secrets.token_hex(8)
DYNO = os.environ.get("DYNO", "none.1")
number = 0


def write(text):
    """One write for whole lines, so that those of two threads do not mix."""
    os.write(1, text.encode())


def say(word):
    global number
    now = datetime.datetime.now(datetime.timezone.utc)
    at = now.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (now.microsecond // 1000)
    write("%s code=%d process=%s dyno=%s n=%d at=%s\n" % (word, BEHAVIOUR["code"], PROCESS, DYNO, number, at))
    number += 1


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(("code %d\n" % BEHAVIOUR["code"]).encode())

    def log_message(self, *_):
        pass


def serve():
    http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()


def pad():
    """Lines that only make the log busy, 20 times a second."""
    due = time.monotonic()
    lines = max(1, BEHAVIOUR["lines"] // 20)
    while True:
        write(("padding " + "." * 40 + "\n") * lines)
        due += 0.05
        time.sleep(max(0, due - time.monotonic()))


def live():
    due, end = time.monotonic(), None
    while end is None or time.monotonic() < end:
        if time.monotonic() >= due:
            say("alive")
            due += 1
        until = due if end is None else min(due, end)
        if signal.sigtimedwait({signal.SIGTERM}, max(0, until - time.monotonic())) and end is None:
            say("sigterm")
            end = time.monotonic() + (BEHAVIOUR.get("stop") or 0)
    os._exit(143)


def main():
    if sys.argv[1:] == ["release"]:
        release = BEHAVIOUR["release"]
        write("release phase of code %d\n" % BEHAVIOUR["code"])
        time.sleep(release["seconds"])
        sys.exit(1 if release.get("fails") else 0)
    if BEHAVIOUR.get("crashes"):
        for _ in range(3):
            say("alive")
            time.sleep(1)
        sys.exit(1)
    # Blocked before any thread begins, so that live() alone gets it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    if "PORT" in os.environ:
        threading.Thread(target=serve, daemon=True).start()
    if BEHAVIOUR.get("lines"):
        threading.Thread(target=pad, daemon=True).start()
    live()


main()
