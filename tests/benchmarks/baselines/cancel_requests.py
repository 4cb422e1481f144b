"""Cancel a download and look at it, as somebody writes it in two minutes: `cancel_requests.py URL ID`."""

import os
import sys

import requests

url = f"{sys.argv[1]}/downloads/{sys.argv[2]}"
session = requests.Session()
session.headers["Authorization"] = f"Bearer {os.environ['DATAFINITI_TOKEN']}"
session.delete(url, timeout=15).raise_for_status()
print(session.get(url, timeout=15).json()["status"])
