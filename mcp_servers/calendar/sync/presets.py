"""Calendar providers: address, hosts, and what the user must do first. What a server can do is probed, not listed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    title: str
    help: str
    """Korean steps."""
    url: str = ""
    """Empty: the user gives it."""
    domains: tuple[str, ...] = ()
    """Further hosts that its calendars lie on."""
    paths: tuple[str, ...] = ()
    """Where a principal may be when the address itself does not lead to it; `{username}` is filled in."""
    suffix: str = ""
    """End of an e-mail address that is no part of the user name."""
    refusal: str = ""
    """Why CalDAV with a password cannot work there, and what would."""

    def paths_of(self, username: str) -> tuple[str, ...]:
        return tuple(path.format(username=username) for path in self.paths)


_LAST = "앱 비밀번호를 환경 변수(예: MODU_CALDAV_PASSWORD)에 넣고 secret에 env:MODU_CALDAV_PASSWORD 라고 적으세요."

PRESETS = {
    "naver": Preset(
        "네이버 캘린더",
        "1. 네이버 → 내정보 → 보안설정 → 2단계 인증을 켭니다.\n"
        "2. 2단계 인증 관리 → 애플리케이션 비밀번호에서 하나를 만듭니다(로그인 비밀번호는 쓸 수 없습니다).\n"
        "3. username은 @naver.com 을 뺀 아이디입니다.\n"
        f"4. {_LAST}\n"
        "참고: '내 할 일'은 할 일만 들어가는 달력이고, 새 달력은 네이버에서 만들어야 합니다.",
        url="https://caldav.calendar.naver.com/",
        domains=("calendar.naver.com",),
        paths=("/principals/users/{username}/", "/caldav/{username}/calendar/"),
        suffix="@naver.com",
    ),
    "google": Preset(
        "Google 캘린더",
        "Google은 CalDAV에 비밀번호 로그인을 허용하지 않습니다(OAuth만 됩니다).\n"
        "1. calendar.google.com → 설정 → 내 캘린더의 설정 → 캘린더 통합 → 'iCal 형식의 비공개 주소'를 복사합니다.\n"
        "2. 그 주소의 .ics 파일을 내려받아 import_ics로 가져오면 읽을 수 있습니다(한 번 가져오기).\n"
        "3. 양방향 연동은 Google Calendar API(REST)를 쓰는 MCP 서버를 따로 연결하세요.",
        url="https://apidata.googleusercontent.com/caldav/v2/",
        refusal="Google은 CalDAV에 비밀번호를 받지 않습니다.",
    ),
    "icloud": Preset(
        "iCloud 캘린더",
        "1. account.apple.com → 로그인 및 보안 → 앱 암호에서 하나를 만듭니다(이중 인증이 켜져 있어야 합니다).\n"
        "2. username은 Apple 계정 이메일입니다.\n"
        f"3. {_LAST}\n"
        "참고: 끝나는 시각이 없는 일정은 iCloud가 받지 않습니다.",
        url="https://caldav.icloud.com/",
        domains=("icloud.com",),
    ),
    "fastmail": Preset(
        "Fastmail",
        "1. Fastmail → Settings → Privacy & Security → App passwords에서 '캘린더(CalDAV)' 용으로 하나를 만듭니다.\n"
        "2. username은 Fastmail 이메일 주소입니다.\n"
        f"3. {_LAST}",
        url="https://caldav.fastmail.com/",
        domains=("fastmail.com",),
        paths=("/dav/principals/user/{username}/",),
    ),
    "nextcloud": Preset(
        "Nextcloud",
        "1. Nextcloud → 설정 → 보안 → 기기 및 세션에서 앱 비밀번호를 만듭니다.\n"
        "2. url은 https://서버주소/remote.php/dav/ 입니다.\n"
        f"3. {_LAST}",
        paths=("/remote.php/dav/", "/remote.php/dav/principals/users/{username}/"),
    ),
    "radicale": Preset(
        "Radicale",
        "1. 서버 관리자에게 받은 아이디와 비밀번호를 씁니다(htpasswd).\n"
        "2. url은 https://서버주소/ 입니다. 이 컴퓨터 안이면 http://127.0.0.1:5232/ 도 됩니다.\n"
        f"3. {_LAST}",
        paths=("/{username}/",),
    ),
    "caldav": Preset(
        "CalDAV 서버",
        "1. 서버의 CalDAV 주소(https://…)와 아이디, 앱 비밀번호를 준비합니다.\n"
        f"2. {_LAST}\n"
        "참고: Outlook/Microsoft 365와 카카오는 CalDAV가 없습니다. .ics 파일을 import_ics로 가져오세요.",
    ),
}
