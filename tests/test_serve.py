"""What the server does before anybody asks for a page."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_everything_named_is_there_and_garbage_is_collected_again():
    code = "import gc, sys, serve; serve.prepare(); print(gc.isenabled(), set(serve.wanted()) <= set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["True", "True"], done.stderr
    assert "Traceback" not in done.stderr, done.stderr


def test_no_page_runs_while_modules_are_imported():
    code = """
import asyncio, threading
start = threading.Thread.start
threading.Thread.start = lambda self: None if self.name == "prepare" else start(self)
import serve

reached = []

async def page(scope, receive, send):
    reached.append(scope["type"])

async def main():
    app = serve.SecurityHeaders(page)
    await app({"type": "http"}, None, None)
    waiting = asyncio.create_task(app({"type": "websocket"}, None, None))
    await asyncio.sleep(0.2)
    print(*reached)
    serve.prepared.set()
    await waiting
    print(*reached)

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["http", "http websocket"], done.stderr
