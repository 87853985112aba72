"""Who is at the other end of a socket."""

import os
import socket
import struct


def user(peer: socket.socket) -> int | None:
    """The user of a process that connected over a Unix socket; None over any other."""
    if not hasattr(socket, "AF_UNIX") or peer.family != socket.AF_UNIX:
        return None
    if hasattr(socket, "SO_PEERCRED"):
        _, uid, _ = struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
        return int(uid)
    return _by_getpeereid(peer)


def is_own(peer: socket.socket) -> bool:
    """Over loopback the token decides instead."""
    uid = user(peer)
    return uid is None or uid == os.getuid()


def _by_getpeereid(peer: socket.socket) -> int:
    """macOS and the BSDs (getpeereid(3)). Raises `OSError`."""
    import ctypes

    uid, gid = ctypes.c_uint32(), ctypes.c_uint32()
    if ctypes.CDLL(None, use_errno=True).getpeereid(peer.fileno(), ctypes.byref(uid), ctypes.byref(gid)):
        raise OSError(ctypes.get_errno(), "getpeereid")
    return uid.value
