//! Sockets for pool sessions: TCP, TLS, SOCKS5, reconnects, and serving emulated pools. Decides nothing about work.
