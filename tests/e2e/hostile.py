"""Texts that would lead elsewhere, if anything took them for a path, and what no refusal may give away."""

from __future__ import annotations

import re

SEGMENTS = [
    "..",
    ".",
    "%2e%2e",
    "..%2f..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%5c..%5cwindows",
    "%252e%252e%252fetc",
    "%00",
    "retail%00.core.customers",
    "%ff%fe",
    "%c0%ae%c0%ae%2f",
    "retail.core.customers%2f..%2f..",
    "retail..customers",
    "%27%20OR%201%3D1--",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "%F0%9F%94%92",
    "%E2%80%AEdro.terces%E2%80%AC",
    "%E2%80%8Bretail",
    "a" * 3000,
    "%0d%0aSet-Cookie:%20x=1",
    "%24%7Bjndi:ldap:%2F%2F127.0.0.1%7D",
]
"""One segment of a path, as it stands in a request: written plainly or encoded, once or twice."""

LEAKS = re.compile(rb"(?i)/root/|/home/|/tmp/|root:x:|sqlite|postgres|sqlx|sea_orm|panicked|\.rs:\d")
"""What a refusal tells of the machine, if it tells too much."""
