"""TLS: an authority of our own, certificates for the hosts that are asked for, and the bytes of a connection."""
