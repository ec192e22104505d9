"""Clients as they are written for the real service: its host is in their code, and nothing of ours.

Each makes a picture, polls its task until it ends, downloads the result, and prints its URL and its first letters. A
base URL as the first argument takes the place of the host.
"""
