"""창고에 두는 품목."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Item:
    code: str
    name: str
    per_box: int
    """한 상자에 든 개수. 발주는 상자로만 한다."""
    safety: int
    """안전 재고: 이 아래로 내려가면 발주한다."""

    def __post_init__(self) -> None:
        if self.per_box < 1:
            raise ValueError(f"{self.name}: 상자당 개수는 1 이상이어야 합니다.")
        if self.safety < 0:
            raise ValueError(f"{self.name}: 안전 재고는 0 이상이어야 합니다.")
