"""HTTP archives (HAR 1.2): exchanges as files that browsers, proxies and test tools write and read."""
