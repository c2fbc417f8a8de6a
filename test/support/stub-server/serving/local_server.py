"""Stands in for the inference server where the tests are about processes, not models: same arguments, same addresses.

The "module" is JSON: {"load": "fail"} ends at once, {"ready": false} never gets ready, {"values": 3} answers with
three values where two are declared.
"""

import argparse
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--model-dir")
parser.add_argument("--name")
parser.add_argument("--port", type=int)
args = parser.parse_args()
behaviour = json.loads((Path(args.model_dir) / args.name / "1" / "model.torchscript").read_text())
if behaviour.get("load") == "fail":
    print("stub: the module cannot be loaded", flush=True)
    sys.exit(1)

MODEL = f"/v2/models/{args.name}"
DECLARED = {
    "name": args.name,
    "inputs": [{"name": "INPUT__0", "datatype": "FP32", "shape": [-1, 4]}],
    "outputs": [{"name": "OUTPUT__0", "datatype": "FP32", "shape": [-1, 2]}],
}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == MODEL:
            self.answer(200, DECLARED)
        elif self.path in ("/v2/health/ready", f"{MODEL}/ready"):
            self.answer(200 if behaviour.get("ready", True) else 503, {})
        else:
            self.answer(404, {"error": "unknown"})

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        total = sum(request["inputs"][0]["data"])
        data = [behaviour.get("offset", 0) + total] * behaviour.get("values", 2)
        output = {"name": "OUTPUT__0", "datatype": "FP32", "shape": [1, 2], "data": data}
        self.answer(200, {"model_name": args.name, "outputs": [output]})

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


# As the real one: the server of the version before may still be going.
for _ in range(250):
    try:
        server = HTTPServer(("127.0.0.1", args.port), Handler)
        break
    except OSError:
        time.sleep(0.02)
server.serve_forever()
