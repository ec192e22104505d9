"""Tests of interception: a server that is a proxy, too."""
