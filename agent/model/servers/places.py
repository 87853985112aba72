"""Where a model is looked for, under which name, with which key: what is known before anyone is asked."""

import re

from agent.errors import SettingsError
from agent.settings import Endpoint, Profile, Settings


def endpoints(settings: Settings, profile: Profile) -> tuple[Endpoint, ...]:
    """Where the model is looked for; empty: wherever this machine serves one."""
    if settings.base_url:
        given = Endpoint(url=settings.base_url)
        return (next((one for one in profile.endpoints if _host(one) == _host(given)), given),)
    return profile.endpoints or ((Endpoint(url=profile.base_url),) if profile.base_url else ())


def served_name(profile: Profile, endpoint: Endpoint) -> str:
    """What the model is asked for by; vLLM serves it under the name of the repository unless told otherwise."""
    return endpoint.served_name or profile.served_name or profile.repository or "default"


def api_key(settings: Settings, profile: Profile, endpoint: Endpoint) -> str:
    """The key for an endpoint.

    The one in the settings is for the address that the user gave or the first one of the profile; neither it nor the
    profile's goes to a server that was merely found on this machine.

    Raises:
        SettingsError: the variable holds something that no header can carry; the value is not shown.
    """
    places, here = [_host(one) for one in endpoints(settings, profile)], _host(endpoint)
    if settings.api_key and places[:1] == [here]:
        return settings.api_key.get_secret_value()
    variable = endpoint.api_key_env or (profile.api_key_env if here in places else None) or ""
    # A local server asks for none, but the protocol's client insists on one.
    key = (settings.variable(variable) or "").strip() or "none"
    if re.fullmatch(r"[!-~]+", key):
        return key
    raise SettingsError(
        f"환경 변수 {variable} 의 키에 쓸 수 없는 글자(한글, 빈칸, 줄바꿈)가 있습니다.",
        hint="키를 다시 복사하세요.",
    )


def _host(endpoint: Endpoint) -> str:
    """The address however it is spelled."""
    return endpoint.url.rstrip("/").removesuffix("/v1")
