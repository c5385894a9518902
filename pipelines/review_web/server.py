"""The server: made ready, said where it is, served until it is stopped."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

from pipelines.review_web.serving import Serving, ServingError, is_loopback
from pipelines.settings import Settings


def run(settings: Settings, *, host: str, port: int, accounts: bool, say: Callable[[str], None]) -> None:
    """Serves until SIGINT or SIGTERM.

    Raises:
        ServingError: the port is taken, or accounts are needed and there are none.
    """
    import socket  # noqa: PLC0415

    import uvicorn  # noqa: PLC0415 - only where it is served

    from pipelines.review_web.app import build  # noqa: PLC0415
    from pipelines.review_web.peer import of_same_user  # noqa: PLC0415
    from pipelines.review_web.room import Room  # noqa: PLC0415

    os.umask(0o077)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)  # who opens the address that is said below waits, and is not refused
    except OSError as error:
        message = f"cannot listen on {host} port {port}: {error.strerror}; name another with --host, --port"
        raise ServingError(message) from error
    serving = Serving.of(settings, host=host, port=listener.getsockname()[1], accounts=accounts)
    room = Room(settings, serving)
    try:
        if serving.accounts and not room.accounts.everyone():
            message = "whoever comes has to log in, and there are no accounts yet: chezhu review user add NAME --role steward"
            raise ServingError(message)
        logging.basicConfig(level=logging.WARNING)
        shelf = room.library.now()
        say(f"{shelf.desk.pairs.height:,} pairs of version {shelf.desk.version}" if shelf else "nothing is published yet: chezhu run")
        who = "log in with an account" if serving.accounts else f"{room.local_steward} decides, without a login"
        say(f"{serving.address}  ({who}; Ctrl-C ends)")
        if not is_loopback(host) and not serving.https:
            say(
                "passwords and personal values go over the network as they are: put a proxy that speaks https before it (setting review_https)"
            )
        config = uvicorn.Config(
            build(room, peer_check=of_same_user),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.review_proxy),
            forwarded_allow_ips=settings.review_proxy or None,
            ws="none",
            limit_concurrency=200,
            timeout_keep_alive=20,
            timeout_graceful_shutdown=5,
        )
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        room.close()
        listener.close()
