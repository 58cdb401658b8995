"""The transparent proxy: mitmproxy with our addon. The only place that imports mitmproxy, an extra."""
