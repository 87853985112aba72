"""`modu models`: the profiles, and what is reachable."""

import asyncio
import sys

from agent.model.choice import LOCAL_URLS, OFFLINE, listens, profiles
from agent.settings import load


def main(arguments: list[str]) -> int:
    return asyncio.run(_main())


async def _main() -> int:
    settings = load({})
    sys.stdout.write("프로필\n")
    sys.stdout.write(f"  {OFFLINE:<14} 내장 오프라인 엔진 (모델 없이 정해진 말만 알아듣습니다)\n")
    for name, profile in profiles(settings).items():
        sys.stdout.write(f"  {name:<14} {profile.note}\n")
    sys.stdout.write("주소\n")
    own = [settings.base_url] if settings.base_url else []
    for url in [*own, *LOCAL_URLS]:
        state = "응답함" if await listens(url, 1.0) else "응답 없음"
        sys.stdout.write(f"  {url:<32} {state}\n")
    return 0
