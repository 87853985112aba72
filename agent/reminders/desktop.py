"""A notification on the user's desktop, by the program that the system brings for it; never through a shell."""

import asyncio
import html
import logging
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress

log = logging.getLogger(__name__)

_PATIENCE = 10.0
"""Seconds; who shows nothing by then shows it to nobody."""
_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY")
_KEPT = (
    *_DISPLAYS,
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "PATH",
    "HOME",
    "LANG",
    "SYSTEMROOT",
    "TEMP",
)
"""Of the environment: what such a program needs, and no keys."""
_APPLE = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run"
_WINDOWS = """
$manager = [Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime]
$toast = $manager::GetTemplateContent([Windows.UI.Notifications.ToastTemplateType]::ToastText02)
$lines = $toast.GetElementsByTagName('text')
[void]$lines.Item(0).AppendChild($toast.CreateTextNode($env:MODU_TITLE))
[void]$lines.Item(1).AppendChild($toast.CreateTextNode($env:MODU_BODY))
$app = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\\WindowsPowerShell\\v1.0\\powershell.exe'
$manager::CreateToastNotifier($app).Show([Windows.UI.Notifications.ToastNotification]::new($toast))
"""
"""The text comes as variables: nothing of it is read as code. Windows shows toasts of registered programs only."""


def command(title: str, body: str, env: Mapping[str, str], platform: str = sys.platform) -> Sequence[str]:
    """What shows it; empty where there is no display, or no program for it.

    Sources: notify-send(1), Desktop Notifications Specification 1.3 ("Markup"), AppleScript `display notification`.
    """
    match platform:
        case "darwin":
            found = ("osascript", "-e", _APPLE, title, body)
        case "win32":
            found = ("powershell.exe", "-NoProfile", "-NonInteractive", "-Command", _WINDOWS)
        case _ if any(env.get(name) for name in _DISPLAYS):
            # Servers read markup in the body.
            found = ("notify-send", "--app-name=모두", "--", title, html.escape(body, quote=False))
        case _:
            return ()
    program = shutil.which(found[0], path=env.get("PATH"))
    return (program, *found[1:]) if program else ()


async def show(title: str, body: str, env: Mapping[str, str]) -> bool:
    """Whether it was shown."""
    if not (words := command(title, body, env)):
        return False
    kept = {name: env[name] for name in _KEPT if name in env}
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            env=kept | {"MODU_TITLE": title, "MODU_BODY": body},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as error:
        log.warning("no desktop notification: %s", error)
        return False
    try:
        async with asyncio.timeout(_PATIENCE):
            code = await process.wait()
    except BaseException as error:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if not isinstance(error, TimeoutError):
            raise
        code = -1
    if code:
        log.warning("no desktop notification: exit code %d", code)
    return code == 0
