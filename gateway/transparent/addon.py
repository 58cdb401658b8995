"""For people who run mitmproxy themselves: ``mitmdump -s PATH/addon.py``. Needs no appliance.

mitmproxy runs this file by its path, so nothing can be imported relative to it.
"""

from importlib import import_module

addons = [import_module("sluicegate.gateway.transparent.embedded").Embedded()]
"""What mitmproxy looks for."""
