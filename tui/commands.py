"""The slash commands of the composer, as a table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SlashCommand:
    """One command: the words that name it, what it does for people, the screen action it runs."""

    names: tuple[str, ...]
    help: str
    action: str
    argument: str = ""
    """What must follow the name, as people read it; it is handed to the action as one text."""

    def call(self, argument: str) -> str:
        """The action as Textual reads it."""
        return f"{self.action}({argument!r})" if self.argument else self.action


COMMANDS = (
    SlashCommand(("/새대화", "/new"), "새 대화를 시작합니다", "new_session"),
    SlashCommand(("/대화", "/sessions"), "지난 대화를 엽니다", "sessions"),
    SlashCommand(("/계속", "/continue"), "끊긴 일을 이어서 합니다", "continue_turn"),
    SlashCommand(("/복사", "/copy"), "마지막 답을 복사합니다", "copy_answer"),
    SlashCommand(("/고정", "/pin"), "문맥을 줄여도 잊지 않을 것을 적어 둡니다", "pin", "글"),
    SlashCommand(("/생각", "/think"), "다음 요청부터 얼마나 생각할지 정합니다", "think", "on|off|숫자|기본"),
    SlashCommand(("/비공개", "/private"), "다음 요청부터 첫 번째 서버로만 보냅니다 (다시 쓰면 풂)", "toggle_private"),
    SlashCommand(("/문맥", "/context"), "모델의 문맥을 무엇이 채우는지 봅니다", "context"),
    SlashCommand(("/모델", "/engine"), "모델 서버의 상태를 봅니다", "engine"),
    SlashCommand(("/테마", "/theme"), "밝은 색과 어두운 색을 바꿉니다", "app.switch_theme"),
    SlashCommand(("/도움말", "/help"), "키와 명령을 봅니다", "help"),
    SlashCommand(("/끝", "/quit"), "프로그램을 마칩니다", "app.leave"),
)


def find(text: str) -> tuple[SlashCommand, str] | None:
    """The command that this text is, if it is one, and what follows its name."""
    name, argument = (*text.split(maxsplit=1), "", "")[:2]
    command = next((command for command in COMMANDS if name in command.names), None)
    if command is None or (argument and not command.argument):
        return None
    return command, argument.strip()


def is_command_like(text: str) -> bool:
    """One word that starts with a slash and is no path."""
    word = text.strip()
    return word.startswith("/") and word.count("/") == 1 and len(word.split()) == 1


def completions(text: str) -> list[tuple[str, SlashCommand]]:
    """The names that go on from what is typed, one for each command."""
    if not is_command_like(text):
        return []
    word = text.strip()
    found = []
    for command in COMMANDS:
        if match := next((each for each in command.names if each.startswith(word)), None):
            found.append((match, command))
    return found
